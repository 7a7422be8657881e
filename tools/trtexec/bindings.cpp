#include "trtexec/bindings.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <new>
#include <random>

#include "base/concat.h"
#include "base/file.h"
#include "base/float_formats.h"

namespace dovetail::trtexec {
namespace {

using dvt::concat;

constexpr std::align_val_t kAlignment{64};

size_t volume(const std::vector<int64_t>& dims) {
  size_t n = 1;
  for (int64_t d : dims) n *= static_cast<size_t>(std::max<int64_t>(d, 0));
  return n;
}

std::vector<int64_t> to_vector(const Dims& d) { return {d.d, d.d + std::max(d.nbDims, 0)}; }

Dims to_dims(const std::vector<int64_t>& v) {
  Dims d{};
  d.nbDims = static_cast<int32_t>(std::min<size_t>(v.size(), Dims::MAX_DIMS));
  std::copy_n(v.begin(), d.nbDims, d.d);
  return d;
}

/// Numbers of [-1, 1]; integers 0 or 1, which are valid as indices and masks of most models.
void draw(Bindings::Tensor& t, std::mt19937& rng) {
  const size_t count = volume(t.dims);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::byte* data = t.memory.data();
  for (size_t i = 0; i < count; ++i) {
    const float f = uniform(rng);
    if (t.type == DataType::kFLOAT) {
      std::memcpy(data + 4 * i, &f, 4);
    } else if (t.type == DataType::kHALF || t.type == DataType::kBF16) {
      const uint16_t bits = t.type == DataType::kHALF ? dvt::encode_f16(f) : dvt::encode_bf16(f);
      std::memcpy(data + 2 * i, &bits, 2);
    } else if (t.type == DataType::kFLOAT64) {
      const double d = f;
      std::memcpy(data + 8 * i, &d, 8);
    } else if (element_bits(t.type) >= 8) {
      data[i * static_cast<size_t>(element_bits(t.type)) / 8] = static_cast<std::byte>(f > 0);
    }
  }
}

void read_raw(Bindings::Tensor& t, const std::string& path) {
  const std::string bytes = dvt::read_text_file(path);
  if (bytes.size() != t.bytes())
    throw Failure(concat("'", path, "' has ", bytes.size(), " bytes; input '", t.name, "' takes ", t.bytes()));
  std::memcpy(t.memory.data(), bytes.data(), bytes.size());
}

void write_values(Bindings::Tensor& t, const std::vector<int64_t>& values) {
  for (size_t i = 0; i < values.size(); ++i)  // little-endian: the low bytes are the value in the narrower type
    std::memcpy(t.memory.data() + i * static_cast<size_t>(element_bits(t.type)) / 8, &values[i],
                static_cast<size_t>(element_bits(t.type)) / 8);
}

const std::vector<int64_t>* find_shape(const Options& o, const std::string& name) {
  for (const auto& [n, dims] : o.shapes)
    if (n == name) return &dims;
  return nullptr;
}

std::vector<int64_t> input_dims(const Options& o, const ICudaEngine& engine, const char* name) {
  std::vector<int64_t> dims = to_vector(engine.getTensorShape(name));
  if (std::count(dims.begin(), dims.end(), -1) == 0) return dims;
  if (const auto* given = find_shape(o, name)) return *given;
  std::vector<int64_t> opt = to_vector(engine.getProfileShape(name, o.profile, OptProfileSelector::kOPT));
  if (o.batch > 0 && !opt.empty() && dims[0] < 0) opt[0] = o.batch;
  return opt;
}

std::vector<int64_t> shape_values(const Options& o, const ICudaEngine& engine, const Bindings::Tensor& t) {
  if (const auto* given = find_shape(o, t.name)) return *given;
  const int64_t* opt = engine.getProfileTensorValuesV2(t.name.c_str(), o.profile, OptProfileSelector::kOPT);
  return opt ? std::vector<int64_t>(opt, opt + volume(t.dims)) : std::vector<int64_t>();
}

}  // namespace

void Buffer::Free::operator()(std::byte* p) const { ::operator delete[](p, kAlignment); }

void Buffer::reserve(size_t bytes) {
  if (memory_ && bytes <= capacity_) return;
  capacity_ = std::max<size_t>(bytes, 1);
  memory_.reset(new (kAlignment) std::byte[capacity_]());
}

int element_bits(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
    case DataType::kINT32:
    case DataType::kUINT32:
      return 32;
    case DataType::kHALF:
    case DataType::kBF16:
    case DataType::kINT16:
    case DataType::kUINT16:
      return 16;
    case DataType::kINT64:
    case DataType::kUINT64:
    case DataType::kFLOAT64:
      return 64;
    case DataType::kINT4:
    case DataType::kUINT4:
    case DataType::kFP4:
      return 4;
    default:
      return 8;
  }
}

size_t Bindings::Tensor::bytes() const { return (volume(dims) * static_cast<size_t>(element_bits(type)) + 7) / 8; }

double element_value(const Bindings::Tensor& t, size_t i) {
  const std::byte* p = t.memory.data() + i * static_cast<size_t>(element_bits(t.type)) / 8;
  const auto read = [&]<class T>(T) {
    T v;
    std::memcpy(&v, p, sizeof v);
    return static_cast<double>(v);
  };
  switch (t.type) {
    case DataType::kFLOAT:
      return read(float{});
    case DataType::kHALF:
      return dvt::decode_f16(static_cast<uint16_t>(read(uint16_t{})));
    case DataType::kBF16:
      return dvt::decode_bf16(static_cast<uint16_t>(read(uint16_t{})));
    case DataType::kFLOAT64:
      return read(double{});
    case DataType::kINT32:
      return read(int32_t{});
    case DataType::kUINT32:
      return read(uint32_t{});
    case DataType::kINT64:
      return read(int64_t{});
    case DataType::kUINT64:
      return read(uint64_t{});
    case DataType::kINT16:
      return read(int16_t{});
    case DataType::kUINT16:
      return read(uint16_t{});
    case DataType::kINT8:
      return read(int8_t{});
    case DataType::kINT4:
      return static_cast<double>(static_cast<int8_t>(static_cast<uint8_t>(*p) << (i % 2 ? 0 : 4)) >> 4);
    default:
      return read(uint8_t{});
  }
}

bool is_whole(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
    case DataType::kHALF:
    case DataType::kBF16:
    case DataType::kFLOAT64:
    case DataType::kFP8:
    case DataType::kFP4:
    case DataType::kE8M0:
      return false;
    default:
      return type != DataType::kFP8E5M2;
  }
}

int64_t whole_value(const Bindings::Tensor& t, size_t i) {
  if (t.type != DataType::kINT64 && t.type != DataType::kUINT64) return static_cast<int64_t>(element_value(t, i));
  int64_t v;
  std::memcpy(&v, t.memory.data() + 8 * i, sizeof v);
  return v;
}

Bindings::Bindings(const Options& o, const ICudaEngine& engine, IExecutionContext& context, Log& log, bool say) {
  std::mt19937 rng(0);
  std::map<std::string, std::string> files(o.load_inputs.begin(), o.load_inputs.end());
  for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    Tensor& t = *tensors_.emplace_back(std::make_unique<Tensor>());
    t.name = name;
    t.type = engine.getTensorDataType(name);
    t.input = engine.getTensorIOMode(name) == TensorIOMode::kINPUT;
    if (t.type == DataType::kTEXT)
      throw Failure(concat("'", name,
                           "' is text, for which there are no files or random values here; 'dovetail run' and "
                           "'dovetail bench' have them"));
    if (!t.input) continue;
    t.dims = input_dims(o, engine, name);
    if (!context.setInputShape(name, to_dims(t.dims)))
      throw Failure(concat("the shape ", dims_text(t.dims), " of input '", name, "' was refused"));
    t.memory.reserve(t.bytes());
    const auto file = files.find(t.name);
    if (say && file == files.end()) log.info(concat("Using random values for input ", name));
    if (say && file != files.end()) log.info(concat("Using values loaded from ", file->second, " for input ", name));
    if (file != files.end())
      read_raw(t, file->second);
    else if (engine.isShapeInferenceIO(name))
      write_values(t, shape_values(o, engine, t));
    else
      draw(t, rng);
    files.erase(t.name);
    if (say) log.info(concat("Input binding for ", name, " with dimensions ", dims_text(t.dims), " is created."));
    if (!context.setTensorAddress(name, t.memory.data()))
      throw Failure(concat("the address of '", name, "' was refused"));
  }
  if (!files.empty()) throw Failure(concat("--loadInputs names '", files.begin()->first, "', which is not an input"));
  for (const auto& t : tensors_) {
    if (t->input) continue;
    t->dims = to_vector(context.getTensorShape(t->name.c_str()));
    const bool known = std::count(t->dims.begin(), t->dims.end(), -1) == 0;
    if (known) t->memory.reserve(t->bytes());
    const bool taken = known ? context.setTensorAddress(t->name.c_str(), t->memory.data())
                             : context.setOutputAllocator(t->name.c_str(), this);
    if (!taken) throw Failure(concat("output '", t->name, "' was refused"));
    if (say)
      log.info(concat("Output binding for ", t->name,
                      known ? concat(" with dimensions ", dims_text(t->dims)) : " with data-dependent dimensions",
                      " is created."));
  }
}

Bindings::Tensor* Bindings::find(const char* name) {
  for (const auto& t : tensors_)
    if (t->name == name) return t.get();
  return nullptr;
}

void* Bindings::reallocateOutput(char const* name, void*, uint64_t size, uint64_t) noexcept {
  try {
    Tensor* t = find(name);
    if (t == nullptr) return nullptr;
    t->memory.reserve(static_cast<size_t>(size));
    return t->memory.data();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void Bindings::notifyShape(char const* name, Dims const& dims) noexcept {
  Tensor* t = find(name);
  if (t != nullptr) t->dims.assign(dims.d, dims.d + std::max(dims.nbDims, 0));
}

}  // namespace dovetail::trtexec
