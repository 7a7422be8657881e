// <dovetail/plugin_field.h>: named attributes, their data in numpy arrays or any buffer.

#include "plugin_field.h"

#include <utility>

namespace dovetail::python {
namespace {

// Text is data as well: its bytes.
py::object as_buffer(const py::object& data) {
  if (py::isinstance<py::str>(data)) return py::bytes(py::cast<std::string>(data));
  return data;
}

int32_t elements(const py::object& data, PluginFieldType type) {
  if (data.is_none()) return 0;
  const py::buffer_info info = py::reinterpret_borrow<py::buffer>(data).request();
  // The extents of Dims come as an array of them.
  if (type == PluginFieldType::kDIMS)
    return static_cast<int32_t>(info.size * info.itemsize / py::ssize_t{sizeof(Dims)});
  return static_cast<int32_t>(info.size);
}

/// Texts as bytes, which stay where they are while fields point to them.
py::list as_bytes(const std::string& name, const py::object& texts) {
  py::list all;
  for (const py::handle& item : texts) {
    if (!py::isinstance<py::str>(item) && !py::isinstance<py::bytes>(item))
      throw py::type_error("PluginField '" + name + "': texts are str or bytes");
    all.append(py::isinstance<py::str>(item) ? py::object(py::bytes(py::cast<std::string>(item)))
                                             : py::reinterpret_borrow<py::object>(item));
  }
  return all;
}

Field make_field(const std::string& name, const py::object& data, PluginFieldType type) {
  if (type == PluginFieldType::kTEXT && !data.is_none()) {
    py::list texts = as_bytes(name, data);
    const auto count = static_cast<int32_t>(texts.size());
    return Field{name, std::move(texts), type, count};
  }
  const py::object buffer = as_buffer(data);
  if (!buffer.is_none() && PyObject_CheckBuffer(buffer.ptr()) == 0)
    throw py::type_error("PluginField '" + name + "': data must be an array, bytes or text");
  return Field{name, buffer, type, elements(buffer, type)};
}

std::string to_name(const py::object& name) {
  return py::isinstance<py::bytes>(name) ? std::string(py::reinterpret_borrow<py::bytes>(name))
                                         : name.cast<std::string>();
}

}  // namespace

FieldArray::FieldArray(const py::sequence& fields) {
  for (const py::handle& item : fields) {
    const auto& field = item.cast<const Field&>();
    if (field.type == PluginFieldType::kTEXT && !field.data.is_none()) {
      std::vector<TextView>& views = texts_.emplace_back();
      for (const py::handle& text : field.data)
        views.push_back({PyBytes_AS_STRING(text.ptr()), PyBytes_GET_SIZE(text.ptr())});
      fields_.emplace_back(field.name.c_str(), views.data(), field.type, static_cast<int32_t>(views.size()));
      kept_.push_back(py::reinterpret_borrow<py::object>(item));
      continue;
    }
    const void* data = field.data.is_none() ? nullptr : py::reinterpret_borrow<py::buffer>(field.data).request().ptr;
    fields_.emplace_back(field.name.c_str(), data, field.type, field.size);
    kept_.push_back(py::reinterpret_borrow<py::object>(item));
  }
  collection_ = PluginFieldCollection{static_cast<int32_t>(fields_.size()), fields_.data()};
}

void bind_plugin_field(py::module_& m) {
  bind_enum<PluginFieldType>(m, "PluginFieldType")
      // clang-format off
      VALUE(PluginFieldType, FLOAT16) VALUE(PluginFieldType, FLOAT32) VALUE(PluginFieldType, FLOAT64)
      VALUE(PluginFieldType, INT8) VALUE(PluginFieldType, INT16) VALUE(PluginFieldType, INT32)
      VALUE(PluginFieldType, CHAR) VALUE(PluginFieldType, DIMS) VALUE(PluginFieldType, UNKNOWN)
      VALUE(PluginFieldType, BF16) VALUE(PluginFieldType, INT64) VALUE(PluginFieldType, FP8)
      VALUE(PluginFieldType, INT4) VALUE(PluginFieldType, FP4) VALUE(PluginFieldType, TEXT);
  // clang-format on
  py::class_<Field>(m, "PluginField")
      .def(py::init([](const py::object& name) {
             return Field{to_name(name), py::none()};
           }),
           py::arg("name") = "")
      .def(py::init([](const py::object& name, const py::object& data, PluginFieldType type) {
             return make_field(to_name(name), data, type);
           }),
           py::arg("name"), py::arg("data"), py::arg("type") = PluginFieldType::kUNKNOWN)
      .def_readwrite("name", &Field::name)
      .def_property(
          "data", [](const Field& f) { return f.data; },
          [](Field& f, const py::object& data) { f = make_field(f.name, data, f.type); })
      .def_readwrite("type", &Field::type)
      .def_readwrite("size", &Field::size);
}

}  // namespace dovetail::python
