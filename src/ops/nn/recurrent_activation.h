#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace dvt::ops {

/// The functions of a recurrent operator's gates where they are not the usual ones: names in lower case with their
/// parameters, "sigmoid,tanh,affine:1:0.5", as many for each direction as the operator has functions.
class RecurrentActivations {
 public:
  /// \param text   Empty: `usual` for every direction.
  /// \param usual  Names of one direction.
  RecurrentActivations(std::string_view op, std::string_view text, std::vector<std::string_view> usual, int directions);
  double operator()(int direction, int function, double x) const;

 private:
  struct Function {
    enum class Kind {
      relu,
      tanh,
      sigmoid,
      affine,
      leaky_relu,
      thresholded_relu,
      scaled_tanh,
      hard_sigmoid,
      elu,
      softsign,
      softplus
    } kind;
    double alpha, beta;
  };
  static Function parse(std::string_view op, std::string_view text);
  std::vector<Function> functions_;
  size_t per_direction_;
};

}  // namespace dvt::ops
