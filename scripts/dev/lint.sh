# lint [CHECK...]             checks of scripts/lint: include table, formatting, headers, file length, references, words

verb_lint() {
  need_packages
  python3 scripts/lint/run.py "$@"
}
