#pragma once
#include "passes/pass.h"

// Passes that make one kernel out of several operations.
namespace dvt::passes {

Pass recognize_normalization();    ///< Decomposed layer norm and RMS norm -> normalization.
Pass recognize_softmax();          ///< exp(x - max) / sum -> softmax.
Pass recognize_attention();        ///< matmul, scale, mask, softmax, matmul -> attention.
Pass group_heads();                ///< Attention with repeated keys and values -> with grouped heads.
Pass recognize_rotary();           ///< x * cos + rotate_half(x) * sin -> rotary.
Pass quantization_to_pointwise();  ///< quantize, dequantize with one constant scale -> pointwise.
Pass to_pointwise();               ///< elementwise, activation, cast -> pointwise with an Expr.
Pass merge_pointwise();            ///< A pointwise node read by one pointwise node joins its program.
Pass simplify_programs();          ///< Programs of GELU, SiLU, hard-swish … become single instructions.
Pass drop_casts();                 ///< In programs: a cast to an integer and back that changes nothing goes.
Pass reshape_after_pointwise();    ///< A pointwise node after a reshaped matmul goes before the reshape.
Pass fuse_epilogue();              ///< A pointwise node after a convolution, matmul … rides as its epilogue.
Pass fuse_siblings();              ///< Matmuls or convolutions that share an input become one.
Pass fuse_conv_chain();            ///< A depthwise convolution and the 1x1 ones around it become one.

}  // namespace dvt::passes
