# Sourced by checks.sh: keys and tokens that the role makes, on an appliance that asks for both.
# shellcheck shell=bash disable=SC2154

list_keys() { inside runuser -u tracemeter -- tracemeter keys list --data-dir /var/lib/tracemeter/data "$@"; }
key_play() { play --tags keys "$@"; }

keys_are_made() {
    is "700 root" inside stat -c '%a %U' /etc/tracemeter/keys
    local name
    for name in n8n dify langflow mine ansible; do
        is "600 root" inside stat -c '%a %U' "/etc/tracemeter/keys/$name"
    done
    key mine | grep -xE 'tm_ingest_[0-9a-f]{64}'
    key ansible | grep -xE 'tm_api_[0-9a-f]{64}'
    list_keys | grep -E '^n8n +traces,logs,metrics .* automation$'
    list_keys | grep -E '^ansible +API: read '
    is 5 eval 'inside ls /etc/tracemeter/keys | wc -l'
    # What the play has said while it made them.
    not grep -e tm_ingest_ -e tm_api_ "$work/site.log"
    tr -s ' \n' ' ' <"$work/site.log" | grep -F 'has no admin yet'
}

# Signals, projects and what a token may.
keys_hold() {
    is 401 answer_to "http://$address:4318/v1/traces" --header 'content-type: application/json' --data '{}'
    is 401 answer_to "http://$address:4319/api/v1/traces"
    is 401 answer_to "http://$address:4319/api/v1/traces" --header "authorization: Bearer $(key mine)"
    is 200 answer_to "http://$address:4319/api/v1/traces" --header "authorization: Bearer $(key ansible)"
    is 403 answer_to "http://$address:4319/api/v1/keys" --header "authorization: Bearer $(key ansible)" --header 'x-tracemeter: 1' --data '{"name": "x"}'
    is 200 answer_to "http://$address:4318/v1/traces" --header "x-api-key: $(key mine)" --header 'content-type: application/json' --data '{}'
}
answer_to() { curl --noproxy '*' --silent --max-time 10 --output /dev/null --write-out '%{http_code}' "$@"; }

# A list that changes, a file that is lost, a key that was revoked, data that are new.
keys_are_kept() {
    local before mine
    mine=$(key mine)
    changed_nothing --tags keys
    changed_something --tags keys --check --diff -e '{"tracemeter_keys": [{"name": "mine", "signals": ["logs"]}, {"name": "more"}]}'
    not inside test -e /etc/tracemeter/keys/more
    changed_nothing --tags keys
    changed_something --tags keys -e '{"tracemeter_keys": [{"name": "mine", "signals": ["logs"]}]}'
    list_keys | grep -E '^mine +logs '
    is "$mine" key mine
    changed_something --tags keys
    refused 'is no name' key_play -e '{"tracemeter_keys": [{"name": "../mine"}]}'

    inside rm /etc/tracemeter/keys/mine
    refused 'its text is not kept here' key_play
    not inside test -e /etc/tracemeter/keys/mine
    changed_something --tags keys -e tracemeter_keys_renew=true
    [ "$(key mine)" != "$mine" ]
    for before in "$mine" "$(key mine)"; do
        wait_for is 200 answer_to "http://$address:4318/v1/traces" --header "x-api-key: $before" --header 'content-type: application/json' --data '{}'
    done
    inside runuser -u tracemeter -- tracemeter keys revoke mine --data-dir /var/lib/tracemeter/data
    refused 'was revoked at' key_play
    changed_something --tags keys -e tracemeter_keys_renew=true
    changed_nothing --tags keys
    # A registry that knows nothing takes them as they are.
    before=$(key n8n)
    inside sh -c 'systemctl stop tracemeter && rm /var/lib/tracemeter/data/registry.sqlite && systemctl start tracemeter'
    wait_for is 200 ready
    changed_something --tags keys
    is "$before" key n8n
    keys_hold
}

# The link that the play tells how to get; with an admin it says nothing more.
admin_is_made() {
    local link status
    link=$(inside tracemeter admin link --config /etc/tracemeter/tracemeter.toml --url "http://$address:4319")
    status=$(answer_to "http://$address:4319/api/v1/account/setup" --header 'x-tracemeter: 1' \
        --data "{\"token\": \"${link#*#}\", \"name\": \"anna\", \"password\": \"correct horse battery\"}")
    [ "$status" = 200 ]
    changed_nothing --tags keys
    not grep -F 'has no admin yet' "$work/play.log"
}
