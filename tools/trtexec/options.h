#pragma once
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dovetail::trtexec {

/// A flag that cannot be understood or followed; ends the program as FAILED.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// Anything else that ends the program as FAILED; the reason has been logged unless it is in the text.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Tensor names with dims (or values, of a shape tensor), in the order given.
using ShapeList = std::vector<std::pair<std::string, std::vector<int64_t>>>;

struct ProfileShapes {
  ShapeList min, opt, max;
};

/// One entry of --inputIOFormats: a type and the formats allowed.
struct IoFormat {
  std::string type;
  std::vector<std::string> formats;
};

/// The command line, understood. Defaults are those of trtexec 10.
struct Options {
  std::map<std::string, std::string, std::less<>> given;  ///< As written; "" for a flag without a value.
  std::vector<std::pair<std::string, std::string>> idle;  ///< Flags without effect and why.

  std::vector<ProfileShapes> profiles{ProfileShapes{}};
  ShapeList shapes;
  std::vector<IoFormat> input_formats, output_formats;
  std::map<std::string, size_t> memory_pools;  ///< Bytes.
  std::vector<std::pair<std::string, std::string>> load_inputs, layer_precisions, layer_output_types;

  int iterations = 10, average_runs = 10, streams = 1, profile = 0, batch = 0;
  double warm_up_ms = 200, duration_s = 3, sleep_ms = 0, idle_ms = 0;
  std::vector<double> percentiles{90, 95, 99};

  bool has(std::string_view name) const { return given.find(name) != given.end(); }
  /// Value of a flag, or `otherwise`.
  std::string text(std::string_view name, std::string otherwise = "") const;
  /// Throws UsageError when the value is not a whole number of [low, high].
  int64_t integer(std::string_view name, int64_t otherwise, int64_t low, int64_t high) const;
  bool skip_inference() const { return has("skipInference") || has("buildOnly"); }
};

/// Throws UsageError naming the flag, what it got and what it takes.
Options parse_options(const std::vector<std::string>& arguments);
std::string help_text();

/// "name:1x3x224x224,'other:0':5": names may be quoted. Throws UsageError.
ShapeList parse_shapes(std::string_view flag, std::string_view text);
/// "1x3x224x224"; "scalar" stays the empty list.
std::string dims_text(const std::vector<int64_t>& dims);

}  // namespace dovetail::trtexec
