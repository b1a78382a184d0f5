#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace brume {

/// Input, I/O and configuration failures. Outcomes of the domain (late, refused, …) are values, never exceptions.
/// Caught once per session or in main(); `what()` is one sentence for a person.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The request itself was wrong: a bad file, a bad argument. Programs end with exit code 2.
class RequestError : public Error {
  using Error::Error;
};

/// A frame, file or message whose bytes cannot be trusted. Nothing of it has been used.
class FormatError : public Error {
  using Error::Error;
};

/// Work that was asked to stop has stopped. Nothing is wrong with it.
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted") {}
};

/// A place in a text file, both counted from 1; line 0 means "the file as a whole".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;

  /// "fleet.yaml:12:5", or "fleet.yaml" when the line is 0.
  std::string text() const;
};

/// One thing that is wrong in a configuration, and where.
struct Diagnostic {
  Place place;
  std::string message;
};

/// Everything that is wrong in a configuration, reported at once; `what()` has one line for each diagnostic.
class ConfigurationError : public RequestError {
 public:
  explicit ConfigurationError(std::vector<Diagnostic> diagnostics);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace brume
