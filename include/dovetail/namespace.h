#pragma once

/// \file
/// The namespaces of the public API. A package that offers the API under another name defines both macros before it
/// includes anything else; the classes are pure interfaces, so programs with different names link to one library.

#ifndef DOVETAIL_NAMESPACE
#define DOVETAIL_NAMESPACE dovetail
#endif

/// The ONNX parser has a namespace of its own because its error codes share names with the library's.
#ifndef DOVETAIL_PARSER_NAMESPACE
#define DOVETAIL_PARSER_NAMESPACE dovetail_onnx
#endif

/// Marks the few functions that the shared libraries export.
#ifndef DOVETAIL_API
#define DOVETAIL_API __attribute__((visibility("default")))
#endif
