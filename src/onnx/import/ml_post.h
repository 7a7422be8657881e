#pragma once
#include <string>

#include "onnx/term.h"

namespace dvt::onnx {

/// The attribute post_transform of ai.onnx.ml applied to scores[N, C]: NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO, PROBIT.
Term post_transformed(Term scores, const std::string& name);

/// A class for every row: labels[i] where row i of `index` says so, a number or a text.
Term class_labels(ImporterContext& c, Term index);
/// Number of labels that the node's attributes give; 0 when it gives none.
int64_t num_class_labels(ImporterContext& c);

/// Numbers of any type as f32; f64 stays.
Term as_real(Term x);

}  // namespace dvt::onnx
