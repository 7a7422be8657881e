#pragma once
#include "onnx/model.h"
#include "onnx/wire.h"

namespace dvt::onnx {

/// Decodes a TensorProto and checks that its dimensions, type and data agree.
Tensor read_tensor(WireMessage message);
SparseTensor read_sparse_tensor(WireMessage message);

}  // namespace dvt::onnx
