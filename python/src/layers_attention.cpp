// <dovetail/layers_attention.h> and <dovetail/layers_moe.h>

#include "bind.h"

#include <dovetail/layers_attention.h>
#include <dovetail/layers_moe.h>

namespace dovetail::python {
namespace {

using A = IAttention;

// Properties whose C++ setter takes a reference or reports through a boolean.
template <class Class, bool (Class::*set)(ITensor&) noexcept>
void set_tensor(Class& c, ITensor& tensor) {
  if (!(c.*set)(tensor)) throw py::value_error("the tensor cannot be used; the log says why");
}

void bind_attention(py::module_& m) {
  // clang-format off
  bind_enum<AttentionNormalizationOp>(m, "AttentionNormalizationOp")
      VALUE(AttentionNormalizationOp, NONE) VALUE(AttentionNormalizationOp, SOFTMAX);
  bind_enum<CausalMaskKind>(m, "CausalMaskKind")
      VALUE(CausalMaskKind, NONE) VALUE(CausalMaskKind, UPPER_LEFT) VALUE(CausalMaskKind, LOWER_RIGHT);
  bind_enum<AttentionIOForm>(m, "AttentionIOForm")
      VALUE(AttentionIOForm, PADDED_BHND) VALUE(AttentionIOForm, PACKED_NHD);
  // clang-format on
  Borrowed<A>(m, "IAttention")
      .def_property("norm_op", &A::getNormalizationOperation, &A::setNormalizationOperation)
      .def_property("causal", &A::getCausal, &A::setCausal)
      .def_property("causal_kind", &A::getCausalKind, &A::setCausalKind)
      .def_property("decomposable", &A::getDecomposable, &A::setDecomposable)
      .def_property("mask", &A::getMask, &set_tensor<A, &A::setMask>)
      .def_property("normalization_quantize_scale", &A::getNormalizationQuantizeScale,
                    &set_tensor<A, &A::setNormalizationQuantizeScale>)
      .def_property("normalization_quantize_to_type", &A::getNormalizationQuantizeToType,
                    &A::setNormalizationQuantizeToType)
      .def_property("query_form", &A::getQueryForm, &A::setQueryForm)
      .def_property("query_lengths", &A::getQueryLengths, &A::setQueryLengths)
      .def_property("key_value_form", &A::getKeyValueForm, &A::setKeyValueForm)
      .def_property("key_value_lengths", &A::getKeyValueLengths, &A::setKeyValueLengths)
      .def_property("num_ranks", &A::getNbRanks, &A::setNbRanks)
      .def_property("name", &A::getName, &A::setName)
      .def_property("metadata", &A::getMetadata, &A::setMetadata)
      .def_property_readonly("num_inputs", &A::getNbInputs)
      .def_property_readonly("num_outputs", &A::getNbOutputs)
      .def("set_input", &A::setInput, py::arg("index"), py::arg("tensor"))
      .def("get_input", &A::getInput, kInternal, py::arg("index"))
      .def("get_output", &A::getOutput, kInternal, py::arg("index"));
  Borrowed<IAttentionBoundaryLayer, ILayer>(m, "IAttentionBoundaryLayer")
      .def_property_readonly("attention", &IAttentionBoundaryLayer::getAttention);
  Borrowed<IAttentionInputLayer, IAttentionBoundaryLayer>(m, "IAttentionInputLayer");
  Borrowed<IAttentionOutputLayer, IAttentionBoundaryLayer>(m, "IAttentionOutputLayer");
}

void bind_decoding(py::module_& m) {
  using R = IRotaryEmbeddingLayer;
  Borrowed<R, ILayer>(m, "IRotaryEmbeddingLayer")
      .def_property("interleaved", &R::getInterleaved, &R::setInterleaved)
      .def_property("rotary_embedding_dim", &R::getRotaryEmbeddingDim, &R::setRotaryEmbeddingDim);
  bind_enum<KVCacheMode>(m, "KVCacheMode") VALUE(KVCacheMode, LINEAR);
  using K = IKVCacheUpdateLayer;
  Borrowed<K, ILayer>(m, "IKVCacheUpdateLayer")
      .def_property("cache_mode", &K::getCacheMode, &K::setCacheMode)
      .def_property("update_form", &K::getUpdateForm, &K::setUpdateForm)
      .def_property("update_lengths", &K::getUpdateLengths, &K::setUpdateLengths);
}

void bind_experts(py::module_& m) {
  bind_enum<MoEActType>(m, "MoEActType") VALUE(MoEActType, NONE) VALUE(MoEActType, SILU);
  using M = IMoELayer;
  Borrowed<M, ILayer>(m, "IMoELayer")
      .def("set_gated_weights", &M::setGatedWeights, py::arg("fc_gate_weights"), py::arg("fc_up_weights"),
           py::arg("fc_down_weights"), py::arg("activation_type"))
      .def("set_gated_biases", &M::setGatedBiases, py::arg("fc_gate_biases"), py::arg("fc_up_biases"),
           py::arg("fc_down_biases"))
      .def_property("activation_type", &M::getActivationType, &M::setActivationType)
      .def("set_quantization_static", &M::setQuantizationStatic, py::arg("fc_down_activation_scale"),
           py::arg("data_type"))
      .def("set_quantization_dynamic_dbl_q", &M::setQuantizationDynamicDblQ, py::arg("fc_down_activation_dbl_q_scale"),
           py::arg("data_type"), py::arg("block_shape"), py::arg("dyn_q_output_scale_type"))
      .def_property("quantization_to_type", &M::getQuantizationToType, &M::setQuantizationToType)
      .def_property("quantization_block_shape", &M::getQuantizationBlockShape, &M::setQuantizationBlockShape)
      .def_property("dyn_q_output_scale_type", &M::getDynQOutputScaleType, &M::setDynQOutputScaleType)
      .def("set_swiglu_params", &M::setSwigluParams, py::arg("limit"), py::arg("alpha"), py::arg("beta"))
      .def_property("swiglu_param_limit", &M::getSwigluParamLimit, &M::setSwigluParamLimit)
      .def_property("swiglu_param_alpha", &M::getSwigluParamAlpha, &M::setSwigluParamAlpha)
      .def_property("swiglu_param_beta", &M::getSwigluParamBeta, &M::setSwigluParamBeta);
  // clang-format off
  using C = CollectiveOperation;
  bind_enum<C>(m, "CollectiveOperation")
      VALUE(C, ALL_REDUCE) VALUE(C, ALL_GATHER) VALUE(C, BROADCAST) VALUE(C, REDUCE) VALUE(C, REDUCE_SCATTER)
      VALUE(C, ALL_TO_ALL) VALUE(C, GATHER) VALUE(C, SCATTER);
  // clang-format on
  Borrowed<IDistCollectiveLayer, ILayer>(m, "IDistCollectiveLayer");
}

}  // namespace

void bind_layers_attention(py::module_& m) {
  bind_attention(m);
  bind_decoding(m);
  bind_experts(m);
}

}  // namespace dovetail::python
