#include "api/build/attributes.h"

#include <cstring>
#include <string>

#include "api/convert.h"
#include "base/error.h"

namespace dvt::api {
namespace {

/// Gives each field of an attribute struct the value that the user named for it.
class FieldSetter final : public ops::FieldVisitor {
 public:
  FieldSetter(std::string_view op, const PluginFieldCollection& fields) : op_(op), fields_(fields) {
    if (fields.nbFields < 0 || (fields.nbFields > 0 && fields.fields == nullptr))
      throw Error(ErrorCode::kInvalidArgument, op, ": the list of ", fields.nbFields, " attributes is nullptr");
    used_.resize(static_cast<size_t>(fields.nbFields), false);
    for (size_t i = 0; i < used_.size(); ++i) check(fields.fields[i]);
  }

  /// Throws when a field was not asked for.
  void finish() const {
    for (size_t i = 0; i < used_.size(); ++i)
      if (!used_[i])
        throw Error(ErrorCode::kInvalidArgument, op_, ": there is no attribute '", fields_.fields[i].name, "'; it has ",
                    names_);
  }

  void field(std::string_view name, bool& v) override {
    if (const PluginField* f = find(name)) v = integer(*f, 0) != 0;
  }
  void field(std::string_view name, int64_t& v) override {
    if (const PluginField* f = find(name)) v = integer(*f, 0);
  }
  void field(std::string_view name, double& v) override {
    if (const PluginField* f = find(name)) v = number(*f, 0);
  }
  void field(std::string_view name, std::string& v) override {
    if (const PluginField* f = find(name)) v = text(*f);
  }
  void field(std::string_view name, DType& v) override {
    const PluginField* f = find(name);
    if (f == nullptr) return;
    if (f->type != PluginFieldType::kCHAR) {
      v = to_dtype(static_cast<DataType>(integer(*f, 0)));
      return;
    }
    const std::optional<DType> type = parse_dtype(text(*f));
    if (!type)
      throw Error(ErrorCode::kInvalidArgument, op_, ": attribute '", name, "': there is no type '", text(*f), "'");
    v = *type;
  }
  void field(std::string_view name, std::vector<int64_t>& v) override {
    if (const PluginField* f = find(name)) fill(*f, v, [&](int32_t i) { return integer(*f, i); });
  }
  void field(std::string_view name, std::vector<double>& v) override {
    if (const PluginField* f = find(name)) fill(*f, v, [&](int32_t i) { return number(*f, i); });
  }
  void field(std::string_view name, std::vector<Dim>& v) override {
    if (const PluginField* f = find(name)) fill(*f, v, [&](int32_t i) { return Dim(integer(*f, i)); });
  }
  void field(std::string_view name, std::vector<std::string>& v) override {
    const PluginField* f = find(name);
    if (f == nullptr) return;
    if (f->type != PluginFieldType::kTEXT) mismatch(*f, "a list of texts (PluginFieldType::kTEXT)");
    fill(*f, v, [&](int32_t i) {
      const auto view = load<DOVETAIL_NAMESPACE::TextView>(*f, i);
      if (view.size < 0 || (view.size > 0 && view.data == nullptr)) mismatch(*f, "texts with data and a size");
      return view.size > 0 ? std::string(view.data, static_cast<size_t>(view.size)) : std::string();
    });
  }
  void enum_field(std::string_view name, int& v, std::span<const std::string_view> names) override {
    const PluginField* f = find(name);
    if (f == nullptr) return;
    const std::string wanted = text(*f);
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i] == wanted) {
        v = static_cast<int>(i);
        return;
      }
    std::string known;
    for (std::string_view n : names) known += concat(known.empty() ? "" : ", ", n);
    throw Error(ErrorCode::kInvalidArgument, op_, ": attribute '", name, "' is '", wanted, "'; it can be ", known);
  }

 private:
  void check(const PluginField& f) const {
    if (f.name == nullptr || f.length < 0 || (f.data == nullptr && f.length > 0))
      throw Error(ErrorCode::kInvalidArgument, op_, ": an attribute has no name, no data or a negative length");
  }

  const PluginField* find(std::string_view name) {
    names_ += concat(names_.empty() ? "" : ", ", name);
    for (size_t i = 0; i < used_.size(); ++i)
      if (fields_.fields[i].name == name) {
        used_[i] = true;
        return &fields_.fields[i];
      }
    return nullptr;
  }

  template <class T>
  static T load(const PluginField& f, int32_t i) {
    T value;
    std::memcpy(&value, static_cast<const std::byte*>(f.data) + static_cast<size_t>(i) * sizeof(T), sizeof(T));
    return value;
  }
  [[noreturn]] void mismatch(const PluginField& f, std::string_view expected) const {
    throw Error(ErrorCode::kInvalidArgument, op_, ": attribute '", f.name, "' must be ", expected, ", got field type ",
                static_cast<int>(f.type), " with ", f.length, " elements");
  }
  int64_t integer(const PluginField& f, int32_t i) const {
    if (i >= f.length) mismatch(f, "an integer");
    switch (f.type) {
      case PluginFieldType::kINT8:
        return load<int8_t>(f, i);
      case PluginFieldType::kINT16:
        return load<int16_t>(f, i);
      case PluginFieldType::kINT32:
        return load<int32_t>(f, i);
      case PluginFieldType::kINT64:
        return load<int64_t>(f, i);
      default:
        mismatch(f, "an integer");
    }
  }
  double number(const PluginField& f, int32_t i) const {
    if (i >= f.length) mismatch(f, "a number");
    if (f.type == PluginFieldType::kFLOAT32) return load<float>(f, i);
    if (f.type == PluginFieldType::kFLOAT64) return load<double>(f, i);
    return static_cast<double>(integer(f, i));
  }
  std::string text(const PluginField& f) const {
    if (f.type != PluginFieldType::kCHAR) mismatch(f, "a text");
    std::string s(static_cast<const char*>(f.data), static_cast<size_t>(f.length));
    while (!s.empty() && s.back() == '\0') s.pop_back();
    return s;
  }
  template <class T, class Get>
  void fill(const PluginField& f, std::vector<T>& v, Get&& get) const {
    v.clear();
    for (int32_t i = 0; i < f.length; ++i) v.push_back(get(i));
  }

  std::string_view op_;
  const PluginFieldCollection& fields_;
  std::vector<bool> used_;
  std::string names_;
};

}  // namespace

ops::Op make_op(const ops::OpInfo& info, const PluginFieldCollection& fields) {
  const std::shared_ptr<void> attributes = info.make_default();
  FieldSetter setter(info.name, fields);
  info.visit_fields(attributes.get(), setter);
  setter.finish();
  return {info.id, attributes};
}

}  // namespace dvt::api
