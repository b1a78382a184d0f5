#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace brume::net {

struct HttpRequest {
  std::string method;
  std::string target;
  bool from_owner = false;  ///< it came over the socket in the file system
};
struct HttpResponse {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
};

/// A small HTTP/1.1 server (RFC 9112) for monitoring and control, by Beast. Requests are answered on the io_context's
/// thread; those that are slow to come or longer than a few kilobytes are cut off.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  HttpServer(boost::asio::io_context& context, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// On a socket in the file system, for its owner only. Throws RequestError.
  void listen_on_file(const std::filesystem::path& path);
  /// Throws RequestError.
  void listen(const std::string& host, const std::string& port);
  void close();

 private:
  struct Listeners;
  std::unique_ptr<Listeners> listeners_;
};

/// Asks the server behind a socket in the file system. Throws Error when nobody answers.
HttpResponse ask_file_socket(const std::filesystem::path& path, const std::string& method, const std::string& target);

}  // namespace brume::net
