#include "onnx/import/layout.h"

namespace dvt::onnx {

Term channels_first(Term x) {
  if (x.rank() < 2) refuse(ParserCode::kINVALID_NODE)("the input has rank ", x.rank(), " and no axis of channels");
  std::vector<int64_t> order{0, x.rank() - 1};
  for (int i = 1; i < x.rank() - 1; ++i) order.push_back(i);
  return transpose(x, order);
}

Term channels_last(Term x) {
  if (x.rank() < 2) refuse(ParserCode::kINVALID_NODE)("the input has rank ", x.rank(), " and no axis of channels");
  std::vector<int64_t> order{0};
  for (int i = 2; i < x.rank(); ++i) order.push_back(i);
  order.push_back(1);
  return transpose(x, order);
}

}  // namespace dvt::onnx
