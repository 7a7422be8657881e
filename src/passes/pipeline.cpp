#include "passes/pipeline.h"

#include "passes/fuse/fuse.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {

/// Read top to bottom: this is what happens to every network. Dead nodes are removed after each pass, and a stage is
/// repeated until nothing changes; regions of nodes go through it too. Choosing tactics and layouts comes after, in
/// builder/.
std::vector<Stage> pipeline() {
  return {
      {"simplify",
       {canonicalize(), resolve_shape_inputs(), materialize_shapes(), fold_constants(), inline_known_branches(),
        simplify_regions(), merge_data_movement(), nest_concats(), lower_batch_norm(), fold_scale_into_weights(),
        eliminate_common_nodes()},
       ir::Stage::kSimplified},
      {"recognize",
       {recognize_normalization(), recognize_softmax(), recognize_attention(), group_heads(), recognize_rotary(),
        canonicalize(), fold_constants(), merge_data_movement()},
       ir::Stage::kSimplified},
      {"fuse",
       {quantization_to_pointwise(), to_pointwise(), merge_pointwise(), simplify_programs(), drop_casts(),
        reshape_after_pointwise(), fuse_epilogue()},
       ir::Stage::kFused},
      {"join", {fuse_siblings(), nest_concats(), fuse_conv_chain()}, ir::Stage::kFused},
  };
}

}  // namespace dvt::passes
