"""TensorRT 10.16: what include/dovetail offers, in its namespaces."""
NARROW_DIMS = False
ENUMS, MASKS, RETURNS, LEAVE = {}, {}, {}, ()

EDITS = [
    ("namespace.h", "#define DOVETAIL_NAMESPACE dovetail", "#define DOVETAIL_NAMESPACE nvinfer1"),
    ("namespace.h", "#define DOVETAIL_PARSER_NAMESPACE dovetail_onnx",
     "#define DOVETAIL_PARSER_NAMESPACE nvonnxparser"),
    # Programs have a namespace onnx of their own beside `using namespace nvinfer1`.
    ("parser.h", "namespace onnx = ::DOVETAIL_PARSER_NAMESPACE;\n", ""),
    ("parser.h", "DOVETAIL_ENUM_MAX(onnx::ErrorCode, 15)", "DOVETAIL_ENUM_MAX(::DOVETAIL_PARSER_NAMESPACE::ErrorCode, 15)"),
    ("parser.h", "DOVETAIL_ENUM_MAX(onnx::OnnxParserFlag, 5)",
     "DOVETAIL_ENUM_MAX(::DOVETAIL_PARSER_NAMESPACE::OnnxParserFlag, 5)"),
]
EDITS_AFTER = []
