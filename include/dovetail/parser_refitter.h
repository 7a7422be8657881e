#pragma once

#include <cstddef>

#include <dovetail/parser.h>
#include <dovetail/refitter.h>

namespace DOVETAIL_PARSER_NAMESPACE {

/// Gives an engine the weights of an ONNX model. Owned by the caller, freed with delete.
class IParserRefitter {
 public:
  virtual ~IParserRefitter() noexcept = default;

  /// \param modelPath  Where external data lies, or nullptr. \return False when there were errors (getError).
  virtual bool refitFromBytes(void const* serializedOnnxModel, std::size_t serializedOnnxModelSize,
                              char const* modelPath = nullptr) noexcept = 0;
  virtual bool refitFromFile(char const* onnxModelFile) noexcept = 0;
  virtual int32_t getNbErrors() const noexcept = 0;
  /// nullptr when index is out of range.
  virtual IParserError const* getError(int32_t index) const noexcept = 0;
  virtual void clearErrors() = 0;

  // The same in steps: a model without its initializers, the initializers one by one, the refit.
  virtual bool loadModelProto(void const* serializedOnnxModel, std::size_t serializedOnnxModelSize,
                              char const* modelPath = nullptr) noexcept = 0;
  virtual bool loadInitializer(char const* name, void const* data, std::size_t size) noexcept = 0;
  virtual bool refitModelProto() noexcept = 0;
};

}  // namespace DOVETAIL_PARSER_NAMESPACE

/// Behind createParserRefitter. \param refitter  An IRefitter. \param logger  An ILogger.
extern "C" DOVETAIL_API void* createNvOnnxParserRefitter_INTERNAL(void* refitter, void* logger,
                                                                  int32_t version) noexcept;

namespace DOVETAIL_PARSER_NAMESPACE {

/// \return Owned by the caller; nullptr with the reason reported.
inline IParserRefitter* createParserRefitter(DOVETAIL_NAMESPACE::IRefitter& refitter,
                                             DOVETAIL_NAMESPACE::ILogger& logger) noexcept {
  return static_cast<IParserRefitter*>(createNvOnnxParserRefitter_INTERNAL(&refitter, &logger, DOVETAIL_API_VERSION));
}

}  // namespace DOVETAIL_PARSER_NAMESPACE
