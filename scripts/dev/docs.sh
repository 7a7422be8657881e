# docs [--check]              writes docs/reference and the tables in ARCHITECTURE.md from the sources (or checks that they are current)

verb_docs() {
  need_packages
  python3 scripts/docs/generate.py "$@"
}
