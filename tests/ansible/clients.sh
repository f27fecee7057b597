# Sourced by checks.sh: the roles for clients, on a container that has n8n, and the layouts of Dify and LangFlow.
# shellcheck shell=bash disable=SC2154

# What `n8n_folder.py` and `langflow_folder.py` have installed, mounted into the client as it is; by way of /run, because the
# container's root may not pass through root's home.
client_mounts=()
# lend FOLDER NAME: it becomes /opt/NAME.
lend() {
    mkdir -p "/run/lxc/lent/$2"
    mount --bind "$1" "/run/lxc/lent/$2"
    client_mounts+=("--mp$((${#client_mounts[@]} / 2))" "/run/lxc/lent/$2,mp=/opt/$2,ro=1")
}
if [ -e "$work/n8n" ]; then
    lend "$(sed -n 1p "$work/n8n")" node
    lend "$(sed -n 2p "$work/n8n")" n8n
fi
if [ -e "$work/langflow" ]; then
    lend "$(sed -n 1p "$work/langflow")" python
    lend "$(sed -n 2p "$work/langflow")" langflow-packages
fi

client_play() { book site.yml --limit client "$@"; }

# The same n8n as a homelab has it: a unit, a user, a workflow behind a webhook.
has_n8n() {
    inside_of $client useradd --system --create-home --home-dir /var/lib/n8n n8n
    inside_of $client sh -c 'cat >/etc/systemd/system/n8n.service' <"$here/n8n.service"
    inside_of $client sh -c 'cat >/var/lib/n8n/workflow.json' <"$here/n8n_workflow.json"
    for command in "import:workflow --input=/var/lib/n8n/workflow.json" "publish:workflow --id=testWorkflow0001"; do
        # shellcheck disable=SC2086
        inside_of $client systemd-run --quiet --wait --pipe --collect --uid=n8n --property=PrivateTmp=yes \
            --setenv=N8N_USER_FOLDER=/var/lib/n8n --setenv=N8N_ENCRYPTION_KEY=not-a-secret \
            --setenv=N8N_DIAGNOSTICS_ENABLED=false /opt/node/bin/node /opt/n8n/node_modules/n8n/bin/n8n $command
    done
    inside_of $client systemctl enable --now n8n.service
}

n8n_sends() {
    recap client 'changed=[1-9]' client_play --tags n8n --diff
    grep -F 'n8n sends' "$work/play.log"
    is 600 inside_of $client stat -c %a /etc/tracemeter-client/n8n.env
    # With its own key: they stand under the project of that one.
    asked "/api/v1/traces?limit=50&project=automation" | grep -F '"service":"n8n-test"'
    not grep -F "$(key n8n)" "$work/play.log"
    inside_of $client grep -F "$(key n8n)" /etc/tracemeter-client/n8n.env
}

n8n_is_left_alone() {
    local before
    before=$(inside_of $client systemctl show --value --property MainPID n8n.service)
    recap client 'changed=0' client_play --tags n8n
    recap client 'changed=0' client_play --tags n8n --check --diff
    is "$before" inside_of $client systemctl show --value --property MainPID n8n.service
}

# Dify cannot run here: its images come from a registry. Its project's files can, and a `docker` that notes what it is told.
dify_is_wired() {
    inside_of $client sh -c 'mkdir -p /opt/dify/docker && cat >/opt/dify/docker/docker-compose.yaml' <<'YAML'
x-shared-env: &shared-api-worker-env
  ENABLE_OTEL: ${ENABLE_OTEL:-false}
  OTLP_BASE_ENDPOINT: ${OTLP_BASE_ENDPOINT:-http://localhost:4318}
services:
  api: {image: langgenius/dify-api, environment: *shared-api-worker-env}
YAML
    refused 'there is no /opt/dify/docker/.env' client_play --tags dify
    inside_of $client sh -c 'printf "LOG_LEVEL=INFO\nENABLE_OTEL=false\nOTLP_BASE_ENDPOINT=http://localhost:4318\n# OTEL_SAMPLING_RATE=0.1\nLAST=1\n" >/opt/dify/docker/.env
        printf "#!/bin/sh\necho \"\$PWD \$*\" >>/opt/dify/told\n" >/usr/local/bin/docker; chmod 755 /usr/local/bin/docker'
    recap client 'changed=[1-9]' client_play --tags dify --diff
    is "LOG_LEVEL=INFO
ENABLE_OTEL=true
OTLP_BASE_ENDPOINT=http://10.99.0.100:4318
OTEL_SAMPLING_RATE=1.0
LAST=1
OTEL_EXPORTER_TYPE=otlp
OTEL_EXPORTER_OTLP_PROTOCOL=http
OTLP_API_KEY=$(key dify)" inside_of $client cat /opt/dify/docker/.env
    recap client 'changed=0' client_play --tags dify
    is "/opt/dify/docker compose up --detach api worker worker_beat" inside_of $client cat /opt/dify/told
}

# As a unit that writes down what it was started with, then as a compose project, then beside somebody else's override.
langflow_is_wired() {
    inside_of $client sh -c 'cat >/etc/systemd/system/langflow-test.service; systemctl daemon-reload; systemctl start langflow-test' <<'UNIT'
[Service]
ExecStart=/bin/sh -c 'env >/run/langflow-test.env; exec sleep infinity'
UNIT
    recap client 'changed=[1-9]' client_play --tags langflow
    inside_of $client grep -x 'TRACELOOP_BASE_URL=http://10.99.0.100:4318' /run/langflow-test.env
    inside_of $client grep -x "TRACELOOP_API_KEY=$(key langflow)" /run/langflow-test.env
    recap client 'changed=0' client_play --tags langflow
    inside_of $client sh -c 'mkdir -p /opt/langflow && echo "services: {langflow: {image: langflowai/langflow}}" >/opt/langflow/compose.yaml'
    recap client 'changed=[1-9]' client_play --tags langflow -e langflow_otel_compose_dir=/opt/langflow
    inside_of $client python3 -c 'print(open("/opt/langflow/compose.override.yaml").read())' | "$python" -c '
import sys, yaml
read = yaml.safe_load(sys.stdin)
assert read["services"]["langflow"]["environment"]["TRACELOOP_BASE_URL"] == "http://10.99.0.100:4318", read'
    recap client 'changed=0' client_play --tags langflow -e langflow_otel_compose_dir=/opt/langflow
    inside_of $client sh -c 'echo "services: {}" >/opt/langflow/compose.override.yaml'
    refused 'was written by somebody else' client_play --tags langflow -e langflow_otel_compose_dir=/opt/langflow
    is 'services: {}' inside_of $client cat /opt/langflow/compose.override.yaml
}

# A real one: a unit, a user, a virtual environment, and a flow without a model.
has_langflow() {
    local version
    version=$(cd /run/lxc/lent/langflow-packages/lib && echo python3*)
    inside_of $client useradd --system --create-home --home-dir /var/lib/langflow langflow
    inside_of $client sh -c 'mkdir -p "/var/lib/langflow/venv/bin" "/var/lib/langflow/venv/lib/$0"
        ln -s "/opt/python/bin/$0" /var/lib/langflow/venv/bin/python
        ln -s "/opt/langflow-packages/lib/$0/site-packages" "/var/lib/langflow/venv/lib/$0/site-packages"
        echo "home = /opt/python/bin" >/var/lib/langflow/venv/pyvenv.cfg
        chown -R langflow: /var/lib/langflow' "$version"
    inside_of $client sh -c 'cat >/etc/systemd/system/langflow.service' <"$here/langflow.service"
    inside_of $client systemctl enable --now langflow.service
    # It takes half a minute of a processor to start.
    wait_for langflow_listens || wait_for langflow_listens
    "$python" "$here/langflow_flow.py" 10.99.0.$client /run/lxc/lent/langflow-packages >"$work/flow"
}
langflow_listens() { curl --noproxy '*' --silent --fail --max-time 10 "http://10.99.0.$client:7860/health"; }

langflow_sends() {
    local really=(--tags langflow -e langflow_otel_unit=langflow.service -e "langflow_otel_api=http://$address:4319" -e langflow_otel_wait_seconds=600
        -e "langflow_otel_probe=http://127.0.0.1:7860/api/v1/run/$(cat "$work/flow")?stream=false")
    recap client 'changed=[1-9]' client_play "${really[@]}" --diff
    grep -F 'LangFlow sends' "$work/play.log"
    asked "/api/v1/traces?limit=50&project=flows" | grep -iF '"service":"langflow"'
    recap client 'changed=0' client_play "${really[@]}"
    inside_of $client systemctl disable --now langflow.service
}

a_way_that_is_closed_is_told() {
    refused 'Put {name: nobody} into tracemeter_keys' client_play --tags langflow -e langflow_otel_key_name=nobody
    refused 'Put {name: nobody, api: read} into tracemeter_keys' client_play --tags langflow \
        -e langflow_otel_api="http://$address:4319" -e langflow_otel_api_token_name=nobody
    # One of its own is taken before the one that is kept.
    refused 'does not take the key of LangFlow' client_play --tags langflow -e langflow_otel_key=tm_ingest_another
    refused 'client does not reach Tracemeter at http://10.99.0.100:4444' client_play --tags langflow \
        -e langflow_otel_tracemeter=http://10.99.0.100:4444
    inside_of $client grep -x 'TRACELOOP_BASE_URL="http://10.99.0.100:4318"' /etc/tracemeter-client/LangFlow.env
}

splunk_gets_its_addon() {
    inside_of $client mkdir -p /opt/splunk/etc/apps
    recap client 'changed=[1-9]' client_play --tags splunk --diff
    not grep -F 22222222-3333 "$work/play.log"
    inside_of $client sh -c 'cd /opt/splunk/etc/apps/TA-tracemeter && grep -x "datatype = metric" local/indexes.conf &&
        grep -x "token = 22222222-3333-4444-5555-666666666666" local/inputs.conf && grep -x "definition = index=llm" local/macros.conf'
    recap client 'changed=0' client_play --tags splunk
}

# Before the appliance on Debian 12, which asks for nothing itself.
open=10.99.0.$appliance12
proxy_play() { book site.yml --limit tracemeter-12 --tags proxy "$@"; }
proxied() {
    curl --noproxy '*' --silent --max-time 10 --cacert "$work/caddy.crt" --resolve "tracemeter.test:443:$open" \
        --output /dev/null --write-out '%{http_code}' "$@"
}
proxy_asks_for_login() {
    # The hash of "secret", made by caddy hash-password.
    local hash
    proxy_play -e @"$work/proxy.json" -e '{"reverse_proxy_users": {}}'
    hash=$(inside_of $appliance12 caddy hash-password --plaintext secret)
    python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1])) | {"reverse_proxy_users": {"alice": sys.argv[2]}}))' \
        "$work/proxy.json" "$hash" >"$work/proxy-login.json"
    proxy_play -e @"$work/proxy-login.json"
    recap tracemeter-12 'changed=0' proxy_play -e @"$work/proxy-login.json"
    wait_for inside_of $appliance12 test -e /var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt
    inside_of $appliance12 cat /var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt >"$work/caddy.crt"
    wait_for is 200 proxied https://tracemeter.test/readyz
    is 401 proxied https://tracemeter.test/api/v1/traces
    is 200 proxied --user alice:secret https://tracemeter.test/api/v1/traces
    is 200 proxied --header 'content-type: application/json' --data '{}' https://tracemeter.test/v1/traces
    # gRPC: an empty export request, and trailers that say it was taken; curl would not wait for them behind a length.
    printf '\0\0\0\0\0' >"$work/grpc"
    curl --noproxy '*' --silent --max-time 10 --http2 --ignore-content-length --cacert "$work/caddy.crt" --resolve "tracemeter.test:4327:$open" \
        --header 'content-type: application/grpc' --header 'te: trailers' --data-binary @"$work/grpc" --dump-header "$work/headers" \
        --output /dev/null https://tracemeter.test:4327/opentelemetry.proto.collector.trace.v1.TraceService/Export
    grep -i 'grpc-status: 0' "$work/headers"
}

client_checks() {
    if [ -e "$work/n8n" ]; then
        check "a real n8n runs in the client" has_n8n
        check "n8n_otel: its runs arrive" n8n_sends
        check "n8n_otel: the second run and check mode leave it alone" n8n_is_left_alone
    else
        echo "# n8n is not installed by this repository's tests: its role is not tried"
    fi
    check "dify_otel: its .env is set in place, and its services made anew once" dify_is_wired
    if [ -e "$work/langflow" ]; then
        check "a real LangFlow runs in the client" has_langflow
        check "langflow_otel: its runs arrive" langflow_sends
    else
        echo "# LangFlow is not installed by this repository's tests: its role is tried with a unit that stands for it"
    fi
    check "langflow_otel: a unit, a compose project, and no override of somebody else" langflow_is_wired
    check "a client that does not reach the appliance is told so and left alone" a_way_that_is_closed_is_told
    check "splunk_addon: add-on, indexes and token" splunk_gets_its_addon
    check "reverse_proxy: TLS, login, OTLP and gRPC through it" proxy_asks_for_login
}
