// dovetail run: inputs from files or random, outputs to files or summarized.
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/session.h"

namespace dovetail::cli {
namespace {

struct Args {
  std::string file, out;
  CommonOptions common;
  BuildFlags build;
  DataFlags data;
};

void summarize(const std::string& name, const Array& a) {
  std::printf("%s: %s %s", name.c_str(), type_name(a.type).c_str(), dims_text(a.dims).c_str());
  if (a.type == DataType::kFLOAT && a.volume() > 0) {
    double sum = 0, low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < a.volume(); ++i) {
      float v;
      std::memcpy(&v, a.bytes.data() + i * 4, 4);
      sum += v;
      low = std::fmin(low, v);
      high = std::fmax(high, v);
    }
    std::printf("  min %g  mean %g  max %g", low, sum / static_cast<double>(a.volume()), high);
  }
  constexpr int64_t kShown = 4;
  for (int64_t i = 0; a.type == DataType::kTEXT && i < std::min(a.volume(), kShown); ++i) {
    const TextView& text = reinterpret_cast<const TextView*>(a.bytes.data())[i];
    std::printf("  '%.*s'", static_cast<int>(std::min<int64_t>(text.size, 60)), text.data);
  }
  std::printf("\n");
}

void save(const std::string& out, const std::map<std::string, Array>& outputs) {
  if (out.ends_with(".npz")) return write_npz(out, outputs);
  if (out.ends_with(".npy")) {
    if (outputs.size() != 1) throw Failure(kUsage, "--out FILE.npy takes one output; use FILE.npz or a folder");
    return write_npy(out, outputs.begin()->second);
  }
  ::mkdir(out.c_str(), 0777);
  for (const auto& [name, array] : outputs) {
    std::string file = name;
    for (char& c : file)
      if (c == '/') c = '_';
    write_npy(out + "/" + file + ".npy", array);
  }
}

void run(const Args& a) {
  Session session(a.file, a.build, a.common);
  session.prepare(a.data, a.build.shapes);
  session.run();
  for (const auto& [name, array] : session.outputs) summarize(name, array);
  if (!a.out.empty()) save(a.out, session.outputs);
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto a = std::make_shared<Args>();
  CLI::App* sub = app.add_subcommand("run", "Run a model or plan once");
  sub->add_option("file", a->file, "ONNX model or plan")->required();
  sub->add_option("-o,--out", a->out, "FILE.npz, FILE.npy (one output) or a folder for the outputs");
  add_data(*sub, a->data);
  add_build(*sub, a->build);
  add_common(*sub, a->common);
  sub->callback([a] { run(*a); });
}

}  // namespace dovetail::cli
