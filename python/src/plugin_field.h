#pragma once
#include "bind.h"

#include <dovetail/plugin_field.h>
#include <dovetail/types.h>

#include <string>
#include <vector>

namespace dovetail::python {

/// A PluginField that owns its name and keeps the object that its data lies in.
struct Field {
  std::string name;
  py::object data;  ///< An object with the buffer protocol, a list of bytes (kTEXT), or None.
  PluginFieldType type = PluginFieldType::kUNKNOWN;
  int32_t size = 0;  ///< Number of elements.
};

/// The fields of a Python sequence as the library takes them. Valid as long as the sequence and this object.
class FieldArray {
 public:
  explicit FieldArray(const py::sequence& fields);
  const PluginFieldCollection& get() const { return collection_; }

 private:
  std::vector<PluginField> fields_;
  std::vector<py::object> kept_;
  std::vector<std::vector<TextView>> texts_;  ///< A field's each; what fields point to does not move with them.
  PluginFieldCollection collection_{};
};

}  // namespace dovetail::python
