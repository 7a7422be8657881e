#pragma once
// What the programs of this folder share: a logger, checks, deletion, a model's text. They are written as programs for
// TensorRT are, and know nothing of the library but the headers that they include.

#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#define CHECK(condition)                                                           \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                \
    }                                                                              \
  } while (0)
#define CUDA(call) CHECK((call) == cudaSuccess)

class Logger : public nvinfer1::ILogger {
 public:
  explicit Logger(Severity severity = Severity::kERROR) : severity_(severity) {}
  void log(Severity severity, nvinfer1::AsciiChar const* message) noexcept override {
    last = message;
    if (severity <= Severity::kERROR) ++errors;
    if (severity <= severity_) std::fprintf(stderr, "[%d] %s\n", static_cast<int>(severity), message);
  }
  std::string last;
  int errors = 0;

 private:
  Severity severity_;
};

// Objects of 8.6 were deleted through destroy(), later ones with delete.
struct InferDeleter {
  template <typename T>
  void operator()(T* object) const {
#if NV_TENSORRT_MAJOR < 10
    object->destroy();
#else
    delete object;
#endif
  }
};
template <typename T>
using UniquePtr = std::unique_ptr<T, InferDeleter>;

inline int64_t volume(nvinfer1::Dims const& dims) {
  return std::accumulate(dims.d, dims.d + dims.nbDims, int64_t{1}, [](int64_t a, int64_t b) { return a * b; });
}

// Memory on the device with its copy on the host.
class Buffer {
 public:
  explicit Buffer(int64_t count) : host(static_cast<std::size_t>(count)), bytes_(host.size() * sizeof(float)) {
    CUDA(cudaMalloc(&device_, bytes_));
  }
  ~Buffer() { cudaFree(device_); }
  Buffer(Buffer const&) = delete;
  Buffer& operator=(Buffer const&) = delete;
  void* device() const { return device_; }
  void upload(cudaStream_t stream) const {
    CUDA(cudaMemcpyAsync(device_, host.data(), bytes_, cudaMemcpyHostToDevice, stream));
  }
  void download(cudaStream_t stream) {
    CUDA(cudaMemcpyAsync(host.data(), device_, bytes_, cudaMemcpyDeviceToHost, stream));
  }
  std::vector<float> host;

 private:
  std::size_t bytes_;
  void* device_ = nullptr;
};

// Values in [-0.5, 0.5] that are the same everywhere.
inline std::vector<float> numbers(std::size_t count, unsigned seed) {
  std::vector<float> values(count);
  for (float& v : values) {
    seed = seed * 1664525U + 1013904223U;
    v = static_cast<float>(seed >> 8) / static_cast<float>(1U << 24) - 0.5F;
  }
  return values;
}

inline nvinfer1::Weights weights(std::vector<float> const& values) {
  return nvinfer1::Weights{nvinfer1::DataType::kFLOAT, values.data(), static_cast<int64_t>(values.size())};
}

inline bool close(float a, float b, float tolerance = 1e-4F) {
  return std::fabs(a - b) <= tolerance * (1 + std::fabs(b));
}

inline nvinfer1::INetworkDefinition* createNetwork(nvinfer1::IBuilder& builder) {
#if NV_TENSORRT_MAJOR < 10
  return builder.createNetworkV2(1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH));
#else
  return builder.createNetworkV2(0);
#endif
}
