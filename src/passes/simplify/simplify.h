#pragma once
#include "passes/pass.h"

// Passes that make a graph smaller and more regular without a view to any device.
namespace dvt::passes {

Pass canonicalize();             ///< Removes operations without effect; puts constants on the right.
Pass resolve_shape_inputs();     ///< Shape tensors that are known become attributes.
Pass materialize_shapes();       ///< Shape arithmetic becomes constants and symbolic tensors; no kernel computes it.
Pass fold_constants();           ///< Computes what depends on constants only.
Pass merge_data_movement();      ///< reshape(reshape), transpose(transpose), transpose into matmul.
Pass nest_concats();             ///< Concatenations reuse each other; neighbouring slices join.
Pass lower_batch_norm();         ///< batch_norm -> mul + add with constants.
Pass fold_scale_into_weights();  ///< conv/matmul followed by constant mul/add -> new weights, one add.
Pass inline_known_branches();    ///< An if whose condition is known becomes the branch that is taken.
Pass simplify_regions();         ///< What is constant moves into regions; what nobody reads goes from their borders.
Pass eliminate_common_nodes();   ///< Equal operations on equal inputs are computed once.

}  // namespace dvt::passes
