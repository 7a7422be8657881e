#include "error.h"

namespace {

thread_local cudaError_t last_error = cudaSuccess;

struct Entry {
  cudaError_t error;
  const char* name;
  const char* text;
};
constexpr Entry kErrors[] = {
#define CUDA_ERROR(name, value, text) {cuda##name, "cuda" #name, text},
#include "cuda_errors.inc"
#undef CUDA_ERROR
};

const Entry* find(cudaError_t error) {
  for (const Entry& e : kErrors)
    if (e.error == error) return &e;
  return nullptr;
}

}  // namespace

cudaError_t dvt::cudart::note(cudaError_t error) noexcept {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t cudaGetLastError(void) {
  const cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}

cudaError_t cudaPeekAtLastError(void) { return last_error; }

const char* cudaGetErrorName(cudaError_t error) {
  const Entry* e = find(error);
  return e ? e->name : "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  const Entry* e = find(error);
  return e ? e->text : "unrecognized error code";
}
