// Reads DLPack capsules. The structures are those of the DLPack specification, version 0.8 (unversioned capsules).

#include "dlpack.h"

#include <cstdint>
#include <string>

namespace dovetail::python {
namespace {

struct DLDevice {
  int32_t device_type;
  int32_t device_id;
};
struct DLDataType {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t* shape;
  int64_t* strides;  // in elements; nullptr for a row-major tensor without gaps
  uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(DLManagedTensor*);
};

constexpr int32_t kCpu = 1;
constexpr int32_t kCudaHost = 3;

struct TypeCode {
  uint8_t code;
  uint8_t bits;
  DataType type;
};
constexpr TypeCode kTypes[] = {
    {2, 32, DataType::kFLOAT}, {2, 16, DataType::kHALF},   {2, 64, DataType::kFLOAT64}, {4, 16, DataType::kBF16},
    {0, 8, DataType::kINT8},   {0, 16, DataType::kINT16},  {0, 32, DataType::kINT32},   {0, 64, DataType::kINT64},
    {1, 8, DataType::kUINT8},  {1, 16, DataType::kUINT16}, {1, 32, DataType::kUINT32},  {1, 64, DataType::kUINT64},
    {6, 8, DataType::kBOOL},   {10, 8, DataType::kFP8},    {12, 8, DataType::kFP8E5M2}, {14, 8, DataType::kE8M0},
};

bool is(const DLDataType& dtype, DataType type) {
  for (const TypeCode& t : kTypes) {
    if (t.type == type) return dtype.lanes == 1 && dtype.code == t.code && dtype.bits == t.bits;
  }
  return false;
}

bool is_contiguous(const DLTensor& t) {
  if (t.strides == nullptr) return true;
  int64_t expected = 1;
  for (int32_t i = t.ndim - 1; i >= 0; --i) {
    if (t.shape[i] != 1 && t.strides[i] != expected) return false;
    expected *= t.shape[i];
  }
  return true;
}

}  // namespace

bool has_dlpack(const py::handle& object) { return py::hasattr(object, "__dlpack__"); }

TensorView view_of_dlpack(const TensorSpec& spec, const py::handle& object) {
  TensorView view;
  // The capsule is not consumed: it frees the tensor itself when the view is gone.
  view.owner = object.attr("__dlpack__")();
  const auto* managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(view.owner.ptr(), "dltensor"));
  if (managed == nullptr) throw py::error_already_set();
  const DLTensor& t = managed->dl_tensor;
  if (t.device.device_type != kCpu && t.device.device_type != kCudaHost)
    throw py::buffer_error(std::string("input '") + spec.name + "' is not in host memory; move it to the CPU");
  if (!is(t.dtype, spec.type))
    throw py::type_error(std::string("input '") + spec.name + "' takes " + std::string(py::str(py::cast(spec.type))) +
                         ", got a DLPack tensor of type code " + std::to_string(t.dtype.code) + " with " +
                         std::to_string(t.dtype.bits) + " bits");
  if (t.ndim > Dims::MAX_DIMS)
    throw py::value_error(std::string("input '") + spec.name + "' has more than 8 dimensions");
  if (!is_contiguous(t))
    throw py::value_error(std::string("input '") + spec.name + "' has gaps or a permuted order; make it contiguous");
  view.data = static_cast<const char*>(t.data) + t.byte_offset;
  view.shape.nbDims = t.ndim;
  for (int32_t i = 0; i < t.ndim; ++i) view.shape.d[i] = t.shape[i];
  return view;
}

}  // namespace dovetail::python
