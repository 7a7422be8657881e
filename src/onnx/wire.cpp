#include "onnx/wire.h"

#include <bit>
#include <cstring>
#include <limits>
#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

namespace dvt::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are little-endian in the file and in memory");

const char* chars(const std::byte* p) { return reinterpret_cast<const char*>(p); }

const char* type_name(int type) {
  switch (type) {
    case 0:
      return "a varint";
    case 1:
      return "64 bits";
    case 2:
      return "bytes with a length";
    case 5:
      return "32 bits";
    default:
      return "a group";
  }
}

}  // namespace

WireMessage::WireMessage(WireContext& context, std::span<const std::byte> bytes)
    : context_(&context), at_(chars(bytes.data())), end_(at_ + bytes.size()), start_(at_) {}

WireMessage::WireMessage(const WireMessage& parent, const char* name, int64_t index, std::span<const std::byte> bytes)
    : context_(parent.context_),
      parent_(&parent),
      name_(name),
      index_(index),
      depth_(parent.depth_ + 1),
      at_(chars(bytes.data())),
      end_(at_ + bytes.size()),
      start_(at_) {
  if (depth_ > context_->limits.depth)
    fail("", concat("messages are nested more than ", context_->limits.depth, " deep"));
  count("");
}

bool WireMessage::next() {
  if (at_ == end_) return false;
  start_ = at_;
  const uint64_t tag = varint(&at_, end_, "a field's tag");
  if ((tag >> 3) == 0 || (tag >> 3) > 536'870'911) fail("", concat("the tag ", tag, " is not a field's"));
  field_ = static_cast<uint32_t>(tag >> 3);
  const int type = static_cast<int>(tag & 7);
  const auto left = static_cast<size_t>(end_ - at_);
  if (type == 0) {
    number_ = varint(&at_, end_, "a number");
  } else if (type == 1 || type == 5) {
    const size_t size = type == 1 ? 8 : 4;
    if (left < size) fail("", concat("field ", field_, " is cut off: ", size, " bytes expected, ", left, " left"));
    number_ = 0;
    std::memcpy(&number_, at_, size);
    at_ += size;
  } else if (type == 2) {
    const uint64_t size = varint(&at_, end_, "a length");
    const auto rest = static_cast<size_t>(end_ - at_);
    if (size > rest) fail("", concat("field ", field_, " is cut off: ", size, " bytes expected, ", rest, " left"));
    payload_ = {reinterpret_cast<const std::byte*>(at_), static_cast<size_t>(size)};
    at_ += size;
  } else {
    fail("", concat("field ", field_, " has the wire type ", type, ", which ONNX does not use"));
  }
  type_ = static_cast<Type>(type);
  return true;
}

uint64_t WireMessage::varint(const char** at, const char* end, const char* name) const {
  try {
    return protozero::decode_varint(at, end);
  } catch (const protozero::varint_too_long_exception&) {
    fail("", concat(name, " is longer than ten bytes"));
  } catch (const protozero::end_of_buffer_exception&) {
    fail("", concat(name, " is cut off"));
  }
}

void WireMessage::expect(Type type, const char* name) const {
  if (type_ != type)
    fail(name, concat("expected ", type_name(static_cast<int>(type)), ", got ", type_name(static_cast<int>(type_))));
}

int64_t WireMessage::int64(const char* name) {
  expect(Type::kVarint, name);
  return static_cast<int64_t>(number_);
}

int32_t WireMessage::int32(const char* name) {
  // Negative numbers take ten bytes on the wire; anything else beyond 32 bits is not a number of this field.
  const int64_t value = int64(name);
  if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max())
    fail(name, concat(value, " is outside 32 bits"));
  return static_cast<int32_t>(value);
}

float WireMessage::float32(const char* name) {
  expect(Type::kFixed32, name);
  return std::bit_cast<float>(static_cast<uint32_t>(number_));
}

std::span<const std::byte> WireMessage::bytes(const char* name) {
  expect(Type::kBytes, name);
  return payload_;
}

std::string WireMessage::text(const char* name) {
  const auto data = bytes(name);
  return std::string(chars(data.data()), data.size());
}

std::string WireMessage::short_text(const char* name) {
  if (bytes(name).size() > limits().name_length)
    fail(name, concat("a name of ", payload_.size(), " bytes; at most ", limits().name_length, " are accepted"));
  return text(name);
}

WireMessage WireMessage::message(const char* name, int64_t index) {
  expect(Type::kBytes, name);
  return WireMessage(*this, name, index, payload_);
}

template <class T>
void WireMessage::append_varints(const char* name, std::vector<T>& values) {
  if (type_ == Type::kVarint) {
    count(name);
    values.push_back(static_cast<T>(number_));
    return;
  }
  expect(Type::kBytes, name);
  const char* at = chars(payload_.data());
  const char* end = at + payload_.size();
  while (at != end) values.push_back(static_cast<T>(varint(&at, end, name)));
}

template <class T>
void WireMessage::append_fixed(const char* name, std::vector<T>& values, Type single) {
  if (type_ == single) {
    count(name);
    T value;
    std::memcpy(&value, &number_, sizeof(T));
    values.push_back(value);
    return;
  }
  expect(Type::kBytes, name);
  if (payload_.size() % sizeof(T) != 0)
    fail(name, concat(payload_.size(), " bytes of packed numbers of ", sizeof(T), " bytes each"));
  const size_t old = values.size();
  values.resize(old + payload_.size() / sizeof(T));
  if (!payload_.empty()) std::memcpy(values.data() + old, payload_.data(), payload_.size());
}

void WireMessage::append(const char* name, std::vector<int64_t>& values) { append_varints(name, values); }
void WireMessage::append(const char* name, std::vector<int32_t>& values) { append_varints(name, values); }
void WireMessage::append(const char* name, std::vector<uint64_t>& values) { append_varints(name, values); }
void WireMessage::append(const char* name, std::vector<float>& values) { append_fixed(name, values, Type::kFixed32); }
void WireMessage::append(const char* name, std::vector<double>& values) { append_fixed(name, values, Type::kFixed64); }

void WireMessage::count(const char* name, int64_t objects) {
  context_->objects += objects;
  if (context_->objects > context_->limits.objects)
    fail(name, concat("the model has more than ", context_->limits.objects, " nodes, names and attributes"));
}

std::string WireMessage::path(const char* name) const {
  std::string text;
  if (parent_) {
    text = parent_->path(name_);
    if (index_ >= 0) text += concat("[", index_, "]");
  }
  if (*name != '\0') text += concat(text.empty() ? "" : ".", name);
  return text;
}

void WireMessage::fail(const char* name, std::string_view what) const {
  const std::string where = path(name);
  const auto offset = start_ - chars(context_->begin);
  throw Error(ErrorCode::kInvalidModel, "not a valid ONNX file: ", where.empty() ? "model" : where, " at byte ", offset,
              ": ", what);
}

}  // namespace dvt::onnx
