#include <dovetail/runtime.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <string>

#include "api/host_memory.h"
#include "api/runtime/engine.h"
#include "api/runtime/last_logger.h"
#include "api/runtime/shared_plans.h"
#include "api/wall.h"
#include "backend/cpu/cpu.h"
#include "base/large_memory.h"
#include "base/mapped_file.h"
#include "plan/reader.h"

namespace dvt::api {
namespace {

/// Serves programs that bring no logger of their own.
class DefaultLogger final : public ILogger {
 public:
  void log(Severity severity, AsciiChar const* msg) noexcept override {
    static constexpr char kLetters[] = "FEW";
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "[%c] %s\n", kLetters[static_cast<int>(severity)], msg);
  }
  // What a logger has behind these slots in the headers of the 11 era (compat/tensorrt/skins/trt11.py).
  virtual APILanguage getAPILanguage() const noexcept { return APILanguage::kCPP; }
  virtual InterfaceInfo getInterfaceInfo() const noexcept { return InterfaceInfo{"ILogger", 1, 0}; }
};
DefaultLogger default_logger;
std::atomic<ILogger*> last_logger{&default_logger};

/// Reads `size` bytes, fewer where the reader has no more. `before` were read already.
template <class Read>
size_t read_up_to(Read&& read, std::byte* to, size_t size, size_t before) {
  constexpr size_t kPieceBytes = size_t{1} << 20;
  size_t done = 0;
  while (done < size) {
    const auto piece = static_cast<int64_t>(std::min(kPieceBytes, size - done));
    const int64_t got = read(to + done, piece);
    if (got < 0 || got > piece)
      throw Error(ErrorCode::kIo, "the stream reader failed after ", before + done, " bytes: read() returned ", got);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

/// The plan that a reader has. Its header says how large it is, so that it is read to where it stays.
template <class Read>
Blob read_all(Read&& read) {
  std::array<std::byte, 64> head;
  const size_t begun = read_up_to(read, head.data(), head.size(), 0);
  const uint64_t total = plan::peek_header(std::span(head).first(begun)).total_bytes;
  std::byte* data = nullptr;
  const Blob plan = allocate_large(total, &data);
  std::copy_n(head.data(), begun, data);
  const size_t size = begun + read_up_to(read, data + begun, total - begun, begun);
  std::byte beyond{};
  if (read_up_to(read, &beyond, 1, size) != 0)
    throw Error(ErrorCode::kInvalidPlan, "plan: the stream goes on behind the plan's ", total, " bytes");
  return shared(Blob({data, size}, plan.owner()));
}

class Runtime final : public IRuntime {
 public:
  explicit Runtime(ILogger* logger) : reporter_(logger) {}

  ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept override {
    return load([&] {
      if (blob == nullptr) throw Error(ErrorCode::kInvalidArgument, "the plan is nullptr");
      return shared_copy({static_cast<const std::byte*>(blob), size});
    });
  }
  ICudaEngine* deserializeCudaEngine(IStreamReader& reader) noexcept override {
    return load([&] { return read_all([&](void* to, int64_t bytes) { return reader.read(to, bytes); }); });
  }
  ICudaEngine* deserializeCudaEngine(IStreamReaderV2& reader) noexcept override {
    return load([&] { return read_all([&](void* to, int64_t bytes) { return reader.read(to, bytes, nullptr); }); });
  }
  ICudaEngine* deserializeCudaEngineFromFile(char const* path) noexcept override {
    return load([&] { return map_file(required(path, "the path of the plan")); });
  }

  bool setMaxThreads(int32_t threads) noexcept override {
    if (threads < 1) {
      reporter_.error(ErrorCode::kInvalidArgument, concat("setMaxThreads: ", threads, " is below 1"));
      return false;
    }
    options_.threads = threads;
    return true;
  }
  int32_t getMaxThreads() const noexcept override {
    return options_.threads > 0 ? options_.threads : cpu::device().host_target(0).threads;
  }
  void setGpuAllocator(IGpuAllocator* allocator) noexcept override { allocator_ = allocator; }
  void setErrorRecorder(IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }
  ILogger* getLogger() const noexcept override { return reporter_.logger(); }
  IPluginRegistry& getPluginRegistry() noexcept override { return *::getPluginRegistry(); }
  IRuntime* loadRuntime(char const* path) noexcept override {
    reporter_.error(ErrorCode::kUnsupported, concat("loadRuntime('", path == nullptr ? "" : path,
                                                    "'): plans hold no code of another version; this runtime reads "
                                                    "every plan that can be read"));
    return nullptr;
  }
  void setDLACore(int32_t) noexcept override { reporter_.error(ErrorCode::kUnsupported, "there is no DLA"); }
  int32_t getDLACore() const noexcept override { return 0; }
  int32_t getNbDLACores() const noexcept override { return 0; }
  void setTemporaryDirectory(char const* path) noexcept override {
    guarded(reporter_, [&] { temporary_directory_ = path == nullptr ? "" : path; });
  }
  char const* getTemporaryDirectory() const noexcept override { return temporary_directory_.c_str(); }
  void setTempfileControlFlags(TempfileControlFlags flags) noexcept override { tempfile_flags_ = flags; }
  TempfileControlFlags getTempfileControlFlags() const noexcept override { return tempfile_flags_; }
  void setEngineHostCodeAllowed(bool allowed) noexcept override { host_code_allowed_ = allowed; }
  bool getEngineHostCodeAllowed() const noexcept override { return host_code_allowed_; }

 private:
  template <class GetBytes>
  ICudaEngine* load(GetBytes&& bytes) noexcept {
    return guarded(reporter_, static_cast<ICudaEngine*>(nullptr), [&]() -> ICudaEngine* {
      ReporterLog log(reporter_);
      const LogScope scope(&log);
      return Engine::create(runtime::Engine::load(bytes(), cpu::device(), options_), reporter_, allocator_).release();
    });
  }

  Reporter reporter_;
  runtime::EngineOptions options_;
  IGpuAllocator* allocator_ = nullptr;
  std::string temporary_directory_;
  TempfileControlFlags tempfile_flags_ = 3;  // Both kinds are allowed.
  bool host_code_allowed_ = false;
};

}  // namespace

void set_last_logger(ILogger* logger) noexcept { last_logger = logger; }

bool serves(const Reporter& reporter, int32_t version) noexcept {
  if (reporter.logger() == nullptr) {
    std::fputs("dovetail: invalid argument: the logger is nullptr; pass an ILogger\n",
               stderr);  // There is no other place.
    return false;
  }
  if (version / 10000 == DOVETAIL_API_VERSION / 10000 && version <= DOVETAIL_API_VERSION) return true;
  // Headers of another era (compat/tensorrt) translate to these interfaces themselves.
  if (version == 8601 || version == 110100) return true;
  reporter.error(ErrorCode::kUnsupported,
                 concat("the program was compiled for interfaces of revision ", version, "; this library serves up to ",
                        DOVETAIL_API_VERSION, ", 8601 and 110100 (compat/tensorrt)"));
  return false;
}

}  // namespace dvt::api

DOVETAIL_NAMESPACE::ILogger* getLogger() noexcept { return dvt::api::last_logger; }

void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
  const dvt::api::Reporter reporter(static_cast<DOVETAIL_NAMESPACE::ILogger*>(logger));
  if (!dvt::api::serves(reporter, version)) return nullptr;
  dvt::api::set_last_logger(reporter.logger());
  return dvt::api::guarded(reporter, static_cast<void*>(nullptr), [&]() -> void* {
    return static_cast<DOVETAIL_NAMESPACE::IRuntime*>(new dvt::api::Runtime(reporter.logger()));
  });
}
