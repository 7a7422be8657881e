// INetworkDefinition.add_…: the layers of <dovetail/layers_control.h>

#include "network.h"
#include "plugin_field.h"

namespace dovetail::python {

using Network = INetworkDefinition;

void bind_add_control(NetworkClass& c) {
  c.def("add_loop", &Network::addLoop, kInternal)
      .def("add_if_conditional", &Network::addIfConditional, kInternal)
      .def(
          "add_operator",
          [](Network& n, const char* domain, const char* name, const py::sequence& attributes,
             const py::sequence& inputs) {
            const FieldArray fields(attributes);
            const std::vector<ITensor*> tensors = to_tensors(inputs);
            return n.addOperator(domain, name, fields.get(), tensors.data(), static_cast<int32_t>(tensors.size()));
          },
          kInternal, py::arg("domain"), py::arg("name"), py::arg("attributes"), py::arg("inputs"));
}

}  // namespace dovetail::python
