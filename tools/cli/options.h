#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace dovetail::cli {

/// min, opt and max of one input's dims.
struct ShapeSpec {
  std::string input;
  std::vector<int64_t> min, opt, max;
};
/// "x:1x3x224x224", "x:1..8x3x224x224", "x:1..8@4x3x224x224"; also "x=[1..8@4,3,224,224]". Throws Failure(kUsage).
ShapeSpec parse_shape_spec(const std::string& text);

/// Flags that mean the same in every command that has them.
struct CommonOptions {
  bool verbose = false, quiet = false;
  int threads = 0;
};
void add_common(CLI::App& app, CommonOptions& o);

struct BuildFlags {
  std::vector<std::string> shapes;
  std::vector<std::string> values;  ///< NAME=5, NAME=[1,2,3] or NAME=FILE.npy
  std::string timing_cache;
  int level = 3;
  double budget_s = -1;  ///< Below 0: none.
  std::string tactics;   ///< Patterns of the names that may be chosen; empty: all.
  double workspace_mib = 0;
  bool detailed = false, verify = false;
  std::string dump_graph;
};
void add_build(CLI::App& app, BuildFlags& o);

struct DataFlags {
  std::vector<std::string> inputs;  ///< name=file.npy or file.npz
  uint64_t seed = 0;
};
void add_data(CLI::App& app, DataFlags& o);

}  // namespace dovetail::cli
