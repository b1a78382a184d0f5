#include "net/http_server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "brume/error.hpp"

namespace brume::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Local = asio::local::stream_protocol;

constexpr auto kPatience = std::chrono::seconds(3);
constexpr std::size_t kMostBytes = 8192;

// One connection: a request and its answer.
template <class Protocol>
class Conversation : public std::enable_shared_from_this<Conversation<Protocol>> {
 public:
  Conversation(typename Protocol::socket socket, const HttpServer::Handler& handler)
      : stream_(std::move(socket)), handler_(handler) {}

  void listen() {
    parser_.emplace();
    parser_->header_limit(kMostBytes);
    parser_->body_limit(kMostBytes);
    stream_.expires_after(kPatience);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](beast::error_code failure, std::size_t) {
                       if (!failure) self->answer();
                     });
  }

 private:
  void answer() {
    const auto& request = parser_->get();
    const auto given = handler_(
        {std::string(request.method_string()), std::string(request.target()), std::is_same_v<Protocol, Local>});
    response_ = {static_cast<http::status>(given.status), request.version()};
    response_.set(http::field::content_type, given.type);
    response_.keep_alive(false);  // so that nobody holds up the end of the process
    response_.body() = given.body;
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = this->shared_from_this()](beast::error_code failure, std::size_t) {
      (void)failure;
      self->stream_.close();
    });
  }

  beast::basic_stream<Protocol> stream_;
  const HttpServer::Handler& handler_;
  beast::flat_buffer buffer_{kMostBytes};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

template <class Protocol>
void serve(typename Protocol::acceptor& acceptor, const HttpServer::Handler& handler) {
  acceptor.async_accept([&acceptor, &handler](const beast::error_code& failure, typename Protocol::socket socket) {
    if (failure == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (!failure) std::make_shared<Conversation<Protocol>>(std::move(socket), handler)->listen();
    serve<Protocol>(acceptor, handler);
  });
}

}  // namespace

struct HttpServer::Listeners {
  asio::io_context& context;
  Handler handler;
  std::optional<Local::acceptor> local{};
  std::optional<asio::ip::tcp::acceptor> tcp{};
  std::filesystem::path file{};
};

HttpServer::HttpServer(asio::io_context& context, Handler handler)
    : listeners_(std::make_unique<Listeners>(Listeners{context, std::move(handler)})) {}

HttpServer::~HttpServer() { close(); }

void HttpServer::listen_on_file(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);  // of a process that was killed; the folder's lock keeps others out
  try {
    const auto mask = umask(0077);
    listeners_->local.emplace(listeners_->context, Local::endpoint(path.string()));
    umask(mask);
  } catch (const boost::system::system_error& error) {
    throw RequestError(fmt::format("cannot listen on {}: {}", path.string(), error.code().message()));
  }
  listeners_->file = path;
  serve<Local>(*listeners_->local, listeners_->handler);
}

void HttpServer::listen(const std::string& host, const std::string& port) {
  try {
    const auto found = asio::ip::tcp::resolver(listeners_->context).resolve(host, port);
    listeners_->tcp.emplace(listeners_->context, found.begin()->endpoint());
  } catch (const boost::system::system_error& error) {
    throw RequestError(fmt::format("cannot listen on {}:{}: {}", host, port, error.code().message()));
  }
  serve<asio::ip::tcp>(*listeners_->tcp, listeners_->handler);
}

void HttpServer::close() {
  beast::error_code ignored;
  if (listeners_->local) listeners_->local->close(ignored);
  if (listeners_->tcp) listeners_->tcp->close(ignored);
  std::error_code gone;
  if (!listeners_->file.empty()) std::filesystem::remove(listeners_->file, gone);
  listeners_->file.clear();
}

HttpResponse ask_file_socket(const std::filesystem::path& path, const std::string& method, const std::string& target) {
  try {
    asio::io_context context;
    beast::basic_stream<Local> stream(context);
    stream.socket().connect(Local::endpoint(path.string()));
    http::request<http::empty_body> request(http::string_to_verb(method), target, 11);
    request.set(http::field::host, "localhost");
    request.keep_alive(false);
    http::write(stream.socket(), request);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(stream.socket(), buffer, response);
    return {response.result_int(), std::string(response[http::field::content_type]), response.body()};
  } catch (const boost::system::system_error& error) {
    throw Error(fmt::format("nobody answers at {}: {}", path.string(), error.code().message()));
  }
}

}  // namespace brume::net
