#!/bin/sh
# A pipeline against a server that others wrote: a LiteLLM proxy with mock replies.
#
# Wants python3 with venv, and PyPI for the first run. Everything is put into one folder, which
# stays: $LITELLM_VENV or a folder for temporary files. The proxy listens on loopback only.
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
    [ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT INT TERM

cat > "$work/proxy.yaml" <<'YAML'
model_list:
  - model_name: mocked
    litellm_params:
      model: openai/mocked
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

LITELLM_LOCAL_MODEL_COST_MAP=True "$venv/bin/litellm" --config "$work/proxy.yaml" \
    --host 127.0.0.1 --port "$port" > "$work/proxy.log" 2>&1 &
proxy=$!
tries=0
until python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/health/liveliness')" 2>/dev/null
do
    tries=$((tries + 1))
    if [ "$tries" -gt 120 ]; then
        cat "$work/proxy.log"
        exit 1
    fi
    sleep 1
done

cd "$work"
models="--bind targets=compatible/mocked --bind critic=compatible/mocked"
# shellcheck disable=SC2086
"$program" run mocked.tgp $models
echo
echo "And again, from the record:"
# shellcheck disable=SC2086
"$program" run mocked.tgp --offline --quiet $models
