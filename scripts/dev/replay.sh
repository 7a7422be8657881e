# replay [MODEL...]           builds a corpus of models and shows how their optimized graphs differ from the last recorded ones

verb_replay() {
  need_packages
  need_python test
  build release dovetail_cli
  "$venv/bin/python" scripts/replay.py "$@"
}
