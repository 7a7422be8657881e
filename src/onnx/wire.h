#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "onnx/limits.h"

namespace dvt::onnx {

/// What the reading of one model shares: where the bytes begin, and how much was asked for so far.
struct WireContext {
  const std::byte* begin = nullptr;
  Limits limits;
  int64_t objects = 0;
};

/// Walks the fields of one protobuf message. Every value is checked against the type it is read as, every error says
/// which field it met, and where: "graph.node[3].attribute[0].i at byte 517".
///
/// Lengths are 64-bit, so that a message inside a file of many gigabytes is read as what it is.
class WireMessage {
 public:
  /// The outermost message. `context` must outlive it.
  WireMessage(WireContext& context, std::span<const std::byte> bytes);

  /// Reads the next field; false at the end of the message.
  bool next();
  /// Number of the field that next() read.
  uint32_t field() const { return field_; }

  int64_t int64(const char* name);
  int32_t int32(const char* name);
  float float32(const char* name);
  std::span<const std::byte> bytes(const char* name);
  /// Text of any length.
  std::string text(const char* name);
  /// Text that must not be longer than a name.
  std::string short_text(const char* name);
  /// The field's message. `this` must outlive it. `index` is its place among the repeated ones, -1 for a single one.
  WireMessage message(const char* name, int64_t index = -1);

  // Repeated numbers, packed or one by one: appended to what is there.
  void append(const char* name, std::vector<int64_t>& values);
  void append(const char* name, std::vector<int32_t>& values);
  void append(const char* name, std::vector<uint64_t>& values);
  void append(const char* name, std::vector<float>& values);
  void append(const char* name, std::vector<double>& values);

  /// Throws Error(kInvalidModel) that names this message's field `name` ("" for the message) and its byte offset.
  [[noreturn]] void fail(const char* name, std::string_view what) const;
  /// Counts objects that the model makes the reader allocate.
  void count(const char* name, int64_t objects = 1);
  const Limits& limits() const { return context_->limits; }

 private:
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
  WireMessage(const WireMessage& parent, const char* name, int64_t index, std::span<const std::byte> bytes);
  void expect(Type type, const char* name) const;
  uint64_t varint(const char** at, const char* end, const char* name) const;
  std::string path(const char* name) const;
  template <class T>
  void append_varints(const char* name, std::vector<T>& values);
  template <class T>
  void append_fixed(const char* name, std::vector<T>& values, Type single);

  WireContext* context_;
  const WireMessage* parent_ = nullptr;
  const char* name_ = "";
  int64_t index_ = -1;
  int depth_ = 0;
  const char* at_;  // behind the current field
  const char* end_;
  const char* start_;  // of the current field's tag
  uint32_t field_ = 0;
  Type type_ = Type::kVarint;
  uint64_t number_ = 0;                 // kVarint, kFixed64, kFixed32
  std::span<const std::byte> payload_;  // kBytes
};

}  // namespace dvt::onnx
