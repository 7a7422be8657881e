# lint [CHECK...]             checks of scripts/lint: include table, words, links, file length, references, formatting, headers

verb_lint() {
  need_packages
  python3 scripts/lint/run.py "$@"
}
