# help                        this list

verb_help() {
  echo "usage: ./dev VERB [arguments] [VERB [arguments] ...]   e.g. ./dev lint test"
  echo
  # The head comments of the verbs' files, in an order that a newcomer can follow.
  local verb
  for verb in demo build test lint format bench docs replay help; do
    sed -n '/^#/!q; s/^# /  /p' "$verbs_dir/$verb.sh"
  done
  cat <<'TEXT'

environment:
  DOVETAIL_MODELS             folder with materialize.py and its models; default ../shared/models when it exists
  DOVETAIL_JOBS               parallel jobs; default: the number of cores
  DOVETAIL_PYTHON             Python to make .cache/venv with; default: Debian's python3
TEXT
}
