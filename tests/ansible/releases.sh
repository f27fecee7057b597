# Sourced by checks.sh: upgrades, roll-backs, backups, restores, removal.
# shellcheck shell=bash disable=SC2154

running_release() { inside sh -c 'basename "$(dirname "$(readlink /usr/local/bin/tracemeter)")"'; }
upgrade() { book upgrade.yml --limit tracemeter-test "$@"; }
data_folders() { inside ls /var/lib/tracemeter; }

backs_up() {
    recap tracemeter-test 'changed=[1-9]' book backup.yml --limit tracemeter-test -e "tracemeter_backup_fetch_to=$work/fetched"
    inside test -s /var/backups/tracemeter/backup.json
    tar --list --file "$work/fetched/tracemeter-test.tar" | grep backup.json
    is tracemeter inside stat -c %U /var/backups/tracemeter/backup.json
}

# upgrades TRACE: from what site.yml has installed to what is published of the program; the release before stays.
upgrades() {
    local before after package archive
    package=$(compgen -G "$work/dist/*.deb") archive=$(compgen -G "$work/dist/*.tar.gz")
    before=$(running_release)
    upgrade --diff -e "tracemeter_artifact=$package" -e "tracemeter_artifact_sha256=$(sha256sum "$package" | cut -d' ' -f1)"
    after=$(running_release)
    [ "$before" != "$after" ]
    is 200 ready
    shown "$1"
    inside test -x "/opt/tracemeter/releases/$before/tracemeter"
    is data data_folders
    recap tracemeter-test 'changed=0' upgrade -e "tracemeter_artifact=$package"
    # The same by the archive, which has to be of the version that is asked for.
    refused 'says it is tracemeter' upgrade -e "tracemeter_artifact=$archive" -e tracemeter_version=99.0.0
    upgrade -e "tracemeter_artifact=$archive"
    is 200 ready
    shown "$1"
}

# rolls_back FAULT TRACE: the play fails and says so, the release before runs, and nothing that was acknowledged is lost.
rolls_back() {
    local before
    before=$(running_release)
    sed -e "s/@FAULT@/$1/" -e "s|@REAL@|/opt/tracemeter/releases/$before/tracemeter|" "$here/broken.py" >"$work/broken"
    refused "Rolled back: $before runs again" upgrade -e "tracemeter_artifact=$work/broken" -e tracemeter_ready_seconds=8
    is "$before" running_release
    is 200 ready
    shown "$2"
    not inside test -e /var/lib/tracemeter/before-upgrade
    if [ "$1" = damaging ]; then data_folders | grep '^data.of-'; else is data data_folders; fi
}

# restores TRACE: first from the folder on the host, then from the file that was fetched.
restores() {
    inside systemctl stop tracemeter.service
    inside sh -c 'rm -r /var/lib/tracemeter/data'
    book restore.yml --limit tracemeter-test -e tracemeter_restore_from=/var/backups/tracemeter
    is 200 ready
    shown "$1"
    book restore.yml --limit tracemeter-test -e "tracemeter_restore_from=$work/fetched/tracemeter-test.tar"
    is 200 ready
    shown "$1"
    data_folders | grep '^data.before-restore'
}

removes() {
    book remove.yml --limit tracemeter-test
    not inside test -e /usr/local/bin/tracemeter
    not inside systemctl cat tracemeter.service
    inside test -d /var/lib/tracemeter/data/journal
    inside test -e /etc/tracemeter/tracemeter.toml
    recap tracemeter-test 'changed=0' book remove.yml --limit tracemeter-test
}

installed_again() { play; is 200 ready; shown "$1"; }

removes_data() {
    book remove.yml --limit tracemeter-test -e tracemeter_remove_data=true
    not inside test -e /var/lib/tracemeter/data
    not inside test -e /etc/tracemeter
    not inside id tracemeter
    inside test -e /var/backups/tracemeter/backup.json
}
