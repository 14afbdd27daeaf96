/** What is wrong with an encrypted connection, and what a person can do about it. */
export interface TlsFault {
  readonly reason: string;
  readonly hint: string;
}

const UNKNOWN_ISSUER: TlsFault = {
  reason: "its certificate is from nobody this machine trusts",
  hint: "If it is yours, put the path of its authority's certificate (PEM) into NODE_EXTRA_CA_CERTS where your host starts Sallyport",
};
const OUT_OF_TIME = { hint: "Whoever runs the server has to renew its certificate; check this machine's date first" };

/** By the code of the error: OpenSSL's names (openssl-verification-options(1)) as Node gives them, and Node's own. */
const FAULTS: ReadonlyMap<string, TlsFault> = new Map([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", UNKNOWN_ISSUER],
  ["SELF_SIGNED_CERT_IN_CHAIN", UNKNOWN_ISSUER],
  ["UNABLE_TO_GET_ISSUER_CERT", UNKNOWN_ISSUER],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNKNOWN_ISSUER],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", UNKNOWN_ISSUER],
  ["CERT_HAS_EXPIRED", { reason: "its certificate has expired", ...OUT_OF_TIME }],
  ["CERT_NOT_YET_VALID", { reason: "its certificate is not valid yet", ...OUT_OF_TIME }],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    {
      reason: "its certificate is for another host name",
      hint: "Use a host name in its url that the certificate names; without one that fits, do not trust it",
    },
  ],
  [
    "ERR_SSL_WRONG_VERSION_NUMBER",
    { reason: "it does not speak TLS", hint: 'If it is not meant to, begin its url with "http://" instead of "https://"' },
  ],
]);

/** Undefined for an error that has nothing to do with TLS. */
export const tlsFault = (code: string): TlsFault | undefined => FAULTS.get(code);
