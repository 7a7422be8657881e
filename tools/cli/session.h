#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <dovetail/dovetail.h>

#include "base/blob.h"
#include "cli/npy.h"
#include "cli/options.h"

namespace dovetail::cli {

/// Writes messages to standard error and remembers the last error, so that a command can end with it.
class Logger final : public ILogger {
 public:
  explicit Logger(const CommonOptions& o)
      : least_(o.verbose ? Severity::kVERBOSE
               : o.quiet ? Severity::kERROR
                         : Severity::kWARNING) {}
  void log(Severity severity, char const* msg) noexcept override;
  bool saw_error() const { return saw_error_; }

 private:
  Severity least_;
  bool saw_error_ = false;
};

bool is_plan_file(const std::string& path);

/// A built plan in memory with how it came about.
struct BuiltPlan {
  std::unique_ptr<IHostMemory> bytes;  ///< None when the plan went to a file.
  size_t size = 0;
  double parse_seconds = 0, build_seconds = 0;
};
/// Parses and builds, into memory or the file of that path. Throws Failure: kUnsupported when the model has unsupported
/// operators, else kFailed.
BuiltPlan build_plan(const std::string& model, const BuildFlags& flags, const CommonOptions& common, Logger& logger,
                     const std::string& file = "");

/// Memory of an engine: what a context takes beside what its lifetimes allow at best, and the weights.
struct MemoryFacts {
  int64_t arena = 0, arena_bound = 0, weights = 0;
  std::string text() const;
};

/// A model or plan file made ready to run.
struct Session {
  Logger logger;
  BuiltPlan built;
  std::unique_ptr<IRuntime> runtime;
  std::unique_ptr<ICudaEngine> engine;
  std::unique_ptr<IExecutionContext> context;
  double load_seconds = 0;
  std::map<std::string, Array> inputs, outputs;
  std::vector<std::unique_ptr<IOutputAllocator>> allocators;  ///< Of outputs whose shape depends on data.

  Session(const std::string& path, const BuildFlags& flags, const CommonOptions& common);
  /// Sets shapes (from --shapes, the given arrays, else the profile's opt), fills inputs, allocates outputs, sets
  /// addresses.
  void prepare(const DataFlags& data, const std::vector<std::string>& shapes);
  /// One run on the caller's thread. Throws Failure.
  void run();
  MemoryFacts memory() const;
  int threads() const;  ///< Of a run.
  dvt::Blob plan_bytes() const;

 private:
  std::string path_;  ///< Of the plan; empty when it was built here.
};

std::vector<int64_t> to_vector(const Dims& d);
Dims to_dims(const std::vector<int64_t>& v);

}  // namespace dovetail::cli
