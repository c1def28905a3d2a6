// The least that a C++ gRPC server can do: every call is answered with the same message, whatever it asks.
// It shows what the framework alone costs (callback API, no generated code).
//
//     grpc_server PORT FILE     FILE holds the message, a CheckResponse

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

namespace {

class Call final : public grpc::ServerGenericBidiReactor {
 public:
    explicit Call(const grpc::ByteBuffer& answer) : answer_(answer) { StartRead(&request_); }

    void OnReadDone(bool ok) override {
        if (!ok) {
            Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no message"));
            return;
        }
        StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
    }

    void OnDone() override { delete this; }

 private:
    grpc::ByteBuffer request_;
    grpc::ByteBuffer answer_;
};

class SameAnswer final : public grpc::CallbackGenericService {
 public:
    explicit SameAnswer(const std::string& message) {
        grpc::Slice slice(message);
        answer_ = grpc::ByteBuffer(&slice, 1);
    }

    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
        return new Call(answer_);
    }

 private:
    grpc::ByteBuffer answer_;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: grpc_server PORT FILE\n";
        return 2;
    }
    std::ifstream file(arguments[2], std::ios::binary);
    SameAnswer service(std::string(std::istreambuf_iterator<char>(file), {}));
    grpc::ServerBuilder builder;
    builder.AddListeningPort(std::string("127.0.0.1:") + arguments[1], grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(&service);
    std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (!server) return 1;
    server->Wait();
}
