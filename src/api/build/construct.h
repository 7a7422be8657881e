#pragma once
#include <string>
#include <string_view>

namespace dvt::api {

class Network;

/// A loop or a conditional: the layers on its border name it, the layers inside follow from them.
///
/// For queries of shapes the network is lowered flat: a layer on a border stands for a value of its type (Placeholder).
/// For a build the layers inside become regions (control_graph.cpp).
class Construct {
 public:
  Construct(Network& network, std::string_view kind);
  virtual ~Construct() = default;
  Construct(const Construct&) = delete;
  Construct& operator=(const Construct&) = delete;

  Network& network() const { return network_; }
  const std::string& name() const { return name_; }
  std::string_view kind() const { return kind_; }

 protected:
  void set_name(char const* name) noexcept;

 private:
  Network& network_;
  std::string_view kind_;
  std::string name_;
};

}  // namespace dvt::api
