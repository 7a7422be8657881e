// INetworkDefinition.add_…: the layers of <dovetail/layers_attention.h>, layers_moe.h and layers_recurrent.h

#include "network.h"
#include "weights.h"

namespace dovetail::python {
namespace {

using Network = INetworkDefinition;

IDistCollectiveLayer* add_dist_collective(Network& n, ITensor& input, CollectiveOperation op, const py::object& reduce,
                                          const py::object& root, const py::object& groups) {
  std::vector<int64_t> members;
  if (!groups.is_none()) {
    for (const py::handle& g : groups) members.push_back(g.cast<int64_t>());
  }
  return n.addDistCollective(input, op, reduce.is_none() ? ReduceOperation::kNONE : reduce.cast<ReduceOperation>(),
                             root.is_none() ? -1 : root.cast<int64_t>(), members.empty() ? nullptr : members.data(),
                             static_cast<int64_t>(members.size()));
}

}  // namespace

void bind_add_attention(NetworkClass& c) {
  const auto input = py::arg("input");
  c.def("add_attention", &Network::addAttention, kInternal, py::arg("query"), py::arg("key"), py::arg("value"),
        py::arg("norm_op"), py::arg("causal"))
      .def("add_attention_v2", &Network::addAttentionV2, kInternal, py::arg("query"), py::arg("key"), py::arg("value"),
           py::arg("norm_op"), py::arg("causal_kind"))
      .def("add_rotary_embedding", &Network::addRotaryEmbedding, kInternal, input, py::arg("cos_cache"),
           py::arg("sin_cache"), py::arg("interleaved"), py::arg("rotary_embedding_dim"))
      .def("add_kv_cache_update", &Network::addKVCacheUpdate, kInternal, py::arg("cache"), py::arg("update"),
           py::arg("write_indices"), py::arg("cache_mode"))
      .def("add_moe", &Network::addMoE, kInternal, py::arg("hidden_states"), py::arg("selected_experts_for_tokens"),
           py::arg("scores_for_selected_experts"))
      .def("add_dist_collective", &add_dist_collective, kInternal, input, py::arg("dist_collective_op"),
           py::arg("reduce_op"), py::arg("root"), py::arg("groups"))
      .def(
          "add_fully_connected",
          [](Network& n, ITensor& x, int32_t outputs, const Weights& kernel, const Weights* bias) {
            return n.addFullyConnected(x, outputs, kernel, or_none(bias));
          },
          input, py::arg("num_outputs"), py::arg("kernel"), py::arg("bias") = static_cast<const Weights*>(nullptr),
          kInternal, py::keep_alive<1, 4>(), py::keep_alive<1, 5>())
      .def("add_rnn_v2", &Network::addRNNv2, kInternal, input, py::arg("layer_count"), py::arg("hidden_size"),
           py::arg("max_seq_length"), py::arg("op"));
}

}  // namespace dovetail::python
