#!/bin/sh
# A pipeline against a server that others wrote: a LiteLLM proxy with mock replies.
#
# Wants python3 with venv, and PyPI for the first run. Everything is put into one folder, which
# stays: $LITELLM_VENV or a folder for temporary files. The proxy listens on loopback only, and is
# given a key made for this run: it starts with none only where it is told to be unsafe.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
program=${TGP:-$here/target/release/tgp}
venv=${LITELLM_VENV:-${TMPDIR:-/tmp}/tgp-litellm}
port=${PORT:-4173}
rows=${ROWS:-200}

if [ ! -x "$venv/bin/litellm" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'litellm[proxy]'
fi

work=$(mktemp -d)
proxy=
finish() {
    if [ -n "$proxy" ]; then
        kill "$proxy" 2>/dev/null || true
        wait "$proxy" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cat > "$work/proxy.yaml" <<'YAML'
model_list:
  - model_name: mocked
    litellm_params:
      model: openai/mocked
      api_key: none
      mock_response: "yes"
  - model_name: critic
    litellm_params:
      model: openai/critic
      api_key: none
      mock_response: "yes"
YAML

cat > "$work/tgp.toml" <<TOML
[endpoints.compatible]
base_url = "http://127.0.0.1:$port/v1"
identity = "litellm"
TOML

cat > "$work/mocked.tgp" <<'TGP'
pipeline bench.litellm @ 1.0.0

models targets: chat
model critic: chat

curate items {
  read jsonl "items.jsonl" as { n: int, question: text }
  key n
}

query answers from items to targets {
  user question
}

judge verdicts from answers by critic {
  verdict good: bool = ask {
    user "Is this a good answer to {{question}}: {{reply}}"
    returns yes | no
  } == yes
}

measure quality from verdicts {
  by model
  metric good = rate(good) better higher
  interval 95%
  missing excluded
}
TGP

n=0
while [ "$n" -lt "$rows" ]; do
    echo "{\"n\": $n, \"question\": \"What is $n and $n?\"}"
    n=$((n + 1))
done > "$work/items.jsonl"

# Without a map of costs of its own, the proxy waits for one from the network.
key="sk-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False LITELLM_MASTER_KEY="$key" \
    "$venv/bin/litellm" --config "$work/proxy.yaml" --host 127.0.0.1 --port "$port" \
    > "$work/proxy.log" 2>&1 &
proxy=$!

answers() {
    "$venv/bin/python" -c "import urllib.request
urllib.request.urlopen('http://127.0.0.1:$port/health/liveliness', timeout=2)" 2>/dev/null
}
tries=0
until answers; do
    tries=$((tries + 1))
    if [ "$tries" -gt 120 ] || ! kill -0 "$proxy" 2>/dev/null; then
        echo "The proxy did not start. It said:" >&2
        cat "$work/proxy.log" >&2
        exit 1
    fi
    sleep 1
done

cd "$work"
models="--bind targets=compatible/mocked --bind critic=compatible/critic"
# shellcheck disable=SC2086
OPENAI_API_KEY="$key" timeout 300 "$program" run mocked.tgp $models
echo
echo "And again, from the record:"
# shellcheck disable=SC2086
timeout 60 "$program" run mocked.tgp --offline --quiet $models
