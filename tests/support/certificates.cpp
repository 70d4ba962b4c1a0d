#include "tests/support/certificates.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

namespace triaged::test {

SecretFolder::SecretFolder() {
  folder_ = (std::filesystem::temp_directory_path() / "triaged-secrets-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) std::abort();
}

SecretFolder::~SecretFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string SecretFolder::path(std::string_view name) const { return folder_ + "/" + std::string(name); }

std::string SecretFolder::file(std::string_view name, std::string_view text, unsigned mode) const {
  std::ofstream(path(name)) << text;
  ::chmod(path(name).c_str(), mode);
  return path(name);
}

void SecretFolder::make_certificate(std::string_view name) const {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), static_cast<long>(std::random_device()() >> 1U));
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const std::string common_name(name);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  for (const auto& [extension, value] :
       {std::pair{NID_basic_constraints, "critical,CA:TRUE"}, std::pair{NID_subject_alt_name, "IP:127.0.0.1"}}) {
    X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, extension, value);
    X509_add_ext(certificate, made, -1);
    X509_EXTENSION_free(made);
  }
  X509_sign(certificate, key, EVP_sha256());
  std::FILE* const pem = std::fopen(path(std::string(name) + ".pem").c_str(), "w");
  PEM_write_X509(pem, certificate);
  std::fclose(pem);
  const std::string key_file = file(std::string(name) + ".key", "");
  std::FILE* const secret = std::fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(secret);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace triaged::test
