/*
 * danecheck asks OpenSSL what it makes of TLSA records and certificates that
 * were not sent to it: no sockets. It reads cases from standard input, one word
 * after another:
 *
 *   <time> <names> <records> <certificates>
 *   names, the base domain first; then <usage> <selector> <type> <hex> for each
 *   record; then the certificates in hex, the leaf first
 *
 * and answers each with a line:
 *
 *   <X509_V_* or -1 if no record was taken or -2 if a certificate was refused>
 *   <depth, -1 for none> <records taken, a digit for each: 1 or 0>
 */
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD (1 << 20)

static char word[WORD];
static unsigned char octets[WORD / 2];

static int digit(int c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

/* hex reads a word of hex digits; "-" is no octets. */
static size_t hex(void) {
    size_t i, n;
    if (scanf("%1048575s", word) != 1) exit(3);
    if (strcmp(word, "-") == 0) return 0;
    n = strlen(word) / 2;
    for (i = 0; i < n; i++) octets[i] = digit(word[2 * i]) << 4 | digit(word[2 * i + 1]);
    return n;
}

static int add_names(SSL *ssl, int names) {
    int i;
    for (i = 0; i < names; i++) {
        if (scanf("%1048575s", word) != 1) return 0;
        if (i == 0 ? SSL_dane_enable(ssl, word) <= 0 : !SSL_add1_host(ssl, word)) return 0;
    }
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return 1;
}

static int add_records(SSL *ssl, int records, char *taken) {
    int i, usage, selector, type, any = 0;
    for (i = 0; i < records; i++) {
        size_t n;
        if (scanf("%d %d %d", &usage, &selector, &type) != 3) exit(3);
        n = hex();
        /* PKIX usages are none of SMTP's: the caller of OpenSSL drops them. */
        taken[i] = usage > 1 && SSL_dane_tlsa_add(ssl, usage, selector, type, octets, n) > 0 ? '1' : '0';
        any |= taken[i] == '1';
    }
    taken[i] = 0;
    return any;
}

static STACK_OF(X509) *read_chain(int certificates, int *refused) {
    STACK_OF(X509) *chain = sk_X509_new_null();
    int i;
    for (i = 0; i < certificates; i++) {
        size_t n = hex();
        const unsigned char *p = octets;
        X509 *x = d2i_X509(NULL, &p, n);
        if (x == NULL) *refused = 1;
        else sk_X509_push(chain, x);
    }
    return chain;
}

static int verify(SSL *ssl, STACK_OF(X509) *chain, time_t at, int *depth) {
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int error;
    X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain);
    X509_STORE_CTX_set_default(ctx, "ssl_server");
    X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(ctx), SSL_get0_param(ssl));
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), 0);
    X509_STORE_CTX_set_time(ctx, 0, at);
    X509_STORE_CTX_set0_dane(ctx, SSL_get0_dane(ssl));
    X509_verify_cert(ctx);
    error = X509_STORE_CTX_get_error(ctx);
    SSL_set_verify_result(ssl, X509_V_OK); /* else the depth is hidden */
    *depth = SSL_get0_dane_authority(ssl, NULL, NULL);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return error;
}

int main(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    long at;
    int names, records, certificates;
    SSL_CTX_set_security_level(ctx, 0);
    if (ctx == NULL || SSL_CTX_dane_enable(ctx) <= 0) return 2;
    while (scanf("%ld %d %d %d", &at, &names, &records, &certificates) == 4) {
        static char taken[1024];
        SSL *ssl = SSL_new(ctx);
        STACK_OF(X509) *chain;
        int any, refused = 0, depth = -1, error;
        if (records >= (int)sizeof taken || !add_names(ssl, names)) return 2;
        any = add_records(ssl, records, taken);
        chain = read_chain(certificates, &refused);
        if (refused) error = -2;
        else if (!any) error = -1;
        else error = verify(ssl, chain, at, &depth);
        printf("%d %d %s\n", error, depth, taken[0] ? taken : "-");
        fflush(stdout);
        sk_X509_pop_free(chain, X509_free);
        SSL_free(ssl);
    }
    SSL_CTX_free(ctx);
    return 0;
}
