package run

import "time"

// A row type is its evidence with its verdict beside it, both embedded: the
// spool holds the evidence types, the final tables the whole rows. Columns of
// embedded structs stand at the top level of the table.
//
// Pointers are columns where zero and null differ. An empty string is null.

// Lookup is one DNS lookup as stored.
type Lookup struct {
	Outcome         Outcome    `parquet:"outcome,optional,dict"`
	Rcode           *int32     `parquet:"rcode,optional"`
	DNSSEC          DNSSEC     `parquet:"dnssec,optional,dict"`
	Reason          string     `parquet:"reason,optional,dict"`
	EDE             *int32     `parquet:"ede,optional"` // RFC 8914 code
	TTL             *int64     `parquet:"ttl,optional"` // seconds
	Server          string     `parquet:"server,optional,dict"`
	Chain           []Alias    `parquet:"chain,list"`
	Signer          string     `parquet:"signer,optional,dict"`
	KeyTag          *int32     `parquet:"key_tag,optional"`
	Algorithm       *int32     `parquet:"algorithm,optional"`
	RRSIGExpires    *time.Time `parquet:"rrsig_expires,optional,timestamp(microsecond)"`
	Denial          string     `parquet:"denial,optional,dict"` // nsec, nsec3, opt-out
	NSEC3Iterations *int32     `parquet:"nsec3_iterations,optional"`
	Wildcard        *bool      `parquet:"wildcard,optional"`
	Size            *int32     `parquet:"size,optional"` // octets of the reply
}

// Alias is one link of an alias chain.
type Alias struct {
	Name   string `parquet:"name"`
	Target string `parquet:"target"`
	DNSSEC DNSSEC `parquet:"dnssec,dict"`
}

// Finding is one thing worth telling the operator. Detail is evidence, made of
// hostile bytes: escape it where it is shown.
type Finding struct {
	Code   string `parquet:"code,dict"`
	Detail string `parquet:"detail,optional"`
}

// DS is one DS record of a delegation.
type DS struct {
	KeyTag     int32 `parquet:"key_tag"`
	Algorithm  int32 `parquet:"algorithm"`
	DigestType int32 `parquet:"digest_type"`
}

// DomainEvidence is what was seen of one domain of the list.
type DomainEvidence struct {
	Line             int64        `parquet:"line"`
	Rank             int64        `parquet:"rank,optional"` // null where the list has none
	Domain           string       `parquet:"domain"`        // A-labels, lower case, no final dot
	Unicode          string       `parquet:"unicode,optional"`
	TLD              string       `parquet:"tld,dict"`
	Registrable      string       `parquet:"registrable,optional"`
	Group            string       `parquet:"group,optional,dict"`
	ScannedAt        time.Time    `parquet:"scanned_at,timestamp(microsecond)"`
	Zone             string       `parquet:"zone,optional"`
	ZoneDNSSEC       DNSSEC       `parquet:"zone_dnssec,optional,dict"`
	DNSKEYAlgorithms []int32      `parquet:"dnskey_algorithms,list"`
	DS               []DS         `parquet:"ds,list"`
	NS               []string     `parquet:"ns,list"`
	SOARname         string       `parquet:"soa_rname,optional"`
	MXKind           MXKind       `parquet:"mx_kind,optional,dict"`
	MXLookup         *Lookup      `parquet:"mx_lookup,optional"`
	MXDNSSEC         DNSSEC       `parquet:"mx_dnssec,optional,dict"` // worst link of the whole answer
	FallbackA        *Lookup      `parquet:"fallback_a,optional"`
	FallbackAAAA     *Lookup      `parquet:"fallback_aaaa,optional"`
	MX               []MX         `parquet:"mx,list"`
	NullPreference   *int32       `parquet:"null_preference,optional"` // of a null MX
	MTASTS           *MTASTS      `parquet:"mta_sts,optional"`
	TLSRPT           *TLSRPT      `parquet:"tlsrpt,optional"`
	Queries          int64        `parquet:"queries"`
	ElapsedMS        int64        `parquet:"elapsed_ms"`
	CrossCheck       []CrossCheck `parquet:"cross_check,list"`
	Attempts         int32        `parquet:"attempts,optional"`
	FirstLook        *FirstLook   `parquet:"first_look,optional"` // null: there was one look
}

// FirstLook is how a look at a domain ended that failed, and that another followed:
// the lookup that failed. All else in the row is of the later look.
type FirstLook struct {
	ScannedAt time.Time `parquet:"scanned_at,timestamp(microsecond)"`
	Type      string    `parquet:"type,dict"` // MX; A or AAAA: there was no MX
	Outcome   Outcome   `parquet:"outcome,optional,dict"`
	Rcode     *int32    `parquet:"rcode,optional"`
	DNSSEC    DNSSEC    `parquet:"dnssec,optional,dict"`
	Reason    string    `parquet:"reason,optional,dict"`
	EDE       *int32    `parquet:"ede,optional"` // RFC 8914 code
	Server    string    `parquet:"server,optional,dict"`
}

// MX is one distinct MX host of a domain, at its best preference. Verdict,
// Reason and Inferred are the judge's, made with the domain's own names.
type MX struct {
	Preference int32   `parquet:"preference"`
	Host       string  `parquet:"host"`
	Verdict    Verdict `parquet:"verdict,optional,dict"`
	Reason     Reason  `parquet:"reason,optional,dict"`
	Inferred   bool    `parquet:"inferred"`
}

// DomainVerdict is what the judge says of a domain. The verdicts of DomainEvidence.MX
// are filled beside it.
type DomainVerdict struct {
	Verdict         Verdict   `parquet:"verdict,optional,dict"`
	MXSecure        bool      `parquet:"mx_secure"`
	PrimaryVerified bool      `parquet:"primary_verified"`
	HostsTotal      int32     `parquet:"hosts_total"`
	HostsWithTLSA   int32     `parquet:"hosts_with_tlsa"`
	HostsVerified   int32     `parquet:"hosts_verified"`
	HostsFailed     int32     `parquet:"hosts_failed"`
	HostsUnknown    int32     `parquet:"hosts_unknown"`
	PolicyMay       Policy    `parquet:"policy_may,optional,dict"`
	PolicyDANE      Policy    `parquet:"policy_dane,optional,dict"`
	PolicyDANEOnly  Policy    `parquet:"policy_dane_only,optional,dict"`
	Findings        []Finding `parquet:"findings,list"`
	Provider        string    `parquet:"provider,optional,dict"` // registrable domain of the best MX host
	SelfHosted      *bool     `parquet:"self_hosted,optional"`
	DNSOperator     string    `parquet:"dns_operator,optional,dict"`
}

// Domain is a row of the table domains.
type Domain struct {
	DomainEvidence
	DomainVerdict
}

// TLSACandidate is one base domain at which TLSA records were asked for
// (RFC 7672, Section 2.2.2).
type TLSACandidate struct {
	Base       string    `parquet:"base"`
	QName      string    `parquet:"qname"`
	Lookup     Lookup    `parquet:"lookup"`
	LookedUpAt time.Time `parquet:"looked_up_at,timestamp(microsecond)"`
}

// ENT is the lookup of the empty non-terminal `_tcp.<base>`.
type ENT struct {
	QName  string `parquet:"qname"`
	Lookup Lookup `parquet:"lookup"`
}

// TLSA is one TLSA record. Data is the certificate association data, RData the
// whole RDATA as received (kept because it may be too short to take apart).
// The last four are the judge's.
type TLSA struct {
	Usage          int32  `parquet:"usage"`
	Selector       int32  `parquet:"selector"`
	MatchingType   int32  `parquet:"matching_type"`
	Data           []byte `parquet:"data"`
	RData          []byte `parquet:"rdata"`
	Usable         *bool  `parquet:"usable,optional"`
	UnusableReason string `parquet:"unusable_reason,optional,dict"`
	Matched        *bool  `parquet:"matched,optional"` // by the last attempt at any endpoint
	Depth          *int32 `parquet:"depth,optional"`
}

// HostEvidence is what was seen of one distinct MX host. TLSA holds the records
// of the winning candidate, or of the first that had any where none is secure.
type HostEvidence struct {
	Host              string          `parquet:"host"`
	ScannedAt         time.Time       `parquet:"scanned_at,timestamp(microsecond)"`
	A                 *Lookup         `parquet:"a,optional"`
	AAAA              *Lookup         `parquet:"aaaa,optional"`
	AddressZoneDNSSEC DNSSEC          `parquet:"address_zone_dnssec,optional,dict"`
	Addresses         []string        `parquet:"addresses,list"`
	AliasLookup       *Lookup         `parquet:"alias_lookup,optional"` // CNAME asked for by name, where that was needed
	TLSACandidates    []TLSACandidate `parquet:"tlsa_candidates,list"`
	ENT               *ENT            `parquet:"ent,optional"`
	TLSA              []TLSA          `parquet:"tlsa,list"`
	CrossCheck        []CrossCheck    `parquet:"cross_check,list"`
}

// HostVerdict is what the judge says of a host with the TLSA base domain as the
// only reference identifier. The verdicts in HostEvidence.TLSA are filled beside it.
type HostVerdict struct {
	Provider              string    `parquet:"provider,optional,dict"`
	TLSAState             TLSAState `parquet:"tlsa_state,optional,dict"`
	TLSABase              string    `parquet:"tlsa_base,optional"`
	Verdict               Verdict   `parquet:"verdict,optional,dict"`
	Reason                Reason    `parquet:"reason,optional,dict"`
	Inferred              bool      `parquet:"inferred"`
	AddressesTotal        int32     `parquet:"addresses_total"`
	AddressesVerified     int32     `parquet:"addresses_verified"`
	AddressesFailed       int32     `parquet:"addresses_failed"`
	AlgorithmsIncomplete  *bool     `parquet:"algorithms_incomplete,optional"`
	Rollover              string    `parquet:"rollover,optional,dict"` // none, current-next, current-issuer
	AgilityDependent      *bool     `parquet:"agility_dependent,optional"`
	CombinationsUncovered []string  `parquet:"combinations_uncovered,list"` // "3 1 1" (RFC 7671, Section 8)
	TLSRPTResult          string    `parquet:"tlsrpt_result,optional,dict"` // RFC 8460, Section 4.3
	Findings              []Finding `parquet:"findings,list"`
	Domains               int64     `parquet:"domains"` // how many domains of this run name the host
}

// Host is a row of the table hosts.
type Host struct {
	HostEvidence
	HostVerdict
}

// Try is one connection attempt of a session that was retried.
type Try struct {
	Time  time.Time `parquet:"time,timestamp(microsecond)"`
	Stage Stage     `parquet:"stage,dict"`
	Code  *int32    `parquet:"code,optional"` // SMTP reply code
}

// EndpointEvidence is what one session with (base domain, address, certificate
// algorithm) showed. NotTried is set where no session was tried.
type EndpointEvidence struct {
	Host                       string       `parquet:"host"`
	Base                       string       `parquet:"base"` // TLSA base domain = SNI
	Address                    string       `parquet:"address"`
	Port                       int32        `parquet:"port"`
	Algorithm                  KeyAlgorithm `parquet:"algorithm,optional,dict"`
	Attempt                    int32        `parquet:"attempt"` // from 1
	ScannedAt                  time.Time    `parquet:"scanned_at,timestamp(microsecond)"`
	TLSAAgeMS                  *int64       `parquet:"tlsa_age_ms,optional"`
	NotTried                   Reason       `parquet:"not_tried,optional,dict"` // excluded, private, probe-off, no-route, port-blocked
	Inferred                   bool         `parquet:"inferred"`
	Connected                  bool         `parquet:"connected"`
	GreetingCode               *int32       `parquet:"greeting_code,optional"`
	Greeting                   []byte       `parquet:"greeting,optional"`
	EHLOCode                   *int32       `parquet:"ehlo_code,optional"`
	HELOCode                   *int32       `parquet:"helo_code,optional"`
	Extensions                 []string     `parquet:"extensions,list"`
	STARTTLS                   *bool        `parquet:"starttls,optional"` // offered
	STARTTLSCode               *int32       `parquet:"starttls_code,optional"`
	Injected                   []byte       `parquet:"injected,optional"`
	Stage                      Stage        `parquet:"stage,optional,dict"`   // the stage at which the session ended
	Failure                    string       `parquet:"failure,optional,dict"` // refused, timeout, network, dropped, code, alert, parse; null: none
	HandshakeComplete          bool         `parquet:"handshake_complete"`
	TLSVersion                 string       `parquet:"tls_version,optional,dict"`
	Cipher                     string       `parquet:"cipher,optional,dict"`
	KeyExchange                string       `parquet:"group,optional,dict"`
	TLSAlert                   *int32       `parquet:"tls_alert,optional"`
	AlertFrom                  string       `parquet:"alert_from,optional,dict"` // server, client
	CertificateSeenBeforeAlert *bool        `parquet:"certificate_seen_before_alert,optional"`
	ClientCertRequested        *bool        `parquet:"client_cert_requested,optional"`
	PossessionVerified         *bool        `parquet:"possession_verified,optional"`
	Stack                      string       `parquet:"stack,optional,dict"` // go, fetcher
	Chain                      [][]byte     `parquet:"chain,list"`          // SHA-256 of each certificate, as sent
	Tries                      []Try        `parquet:"tries,list"`
	ConnectMS                  *int64       `parquet:"connect_ms,optional"`
	TLSMS                      *int64       `parquet:"tls_ms,optional"`
	TotalMS                    *int64       `parquet:"total_ms,optional"`
}

// EndpointVerdict is what the judge says of a session.
type EndpointVerdict struct {
	Verdict         Verdict  `parquet:"verdict,optional,dict"`
	Reason          Reason   `parquet:"reason,optional,dict"`
	MatchedUsage    *int32   `parquet:"matched_usage,optional"`
	MatchedSelector *int32   `parquet:"matched_selector,optional"`
	MatchedType     *int32   `parquet:"matched_type,optional"`
	MatchedDepth    *int32   `parquet:"matched_depth,optional"`
	PathOK          *bool    `parquet:"path_ok,optional"` // valid but for names
	NameMatched     string   `parquet:"name_matched,optional"`
	NamesSeen       []string `parquet:"names_seen,list"`
	PKIXValid       *bool    `parquet:"pkix_valid,optional"`
	TLSRPTResult    string   `parquet:"tlsrpt_result,optional,dict"`
}

// Endpoint is a row of the table endpoints.
type Endpoint struct {
	EndpointEvidence
	EndpointVerdict
}

// Certificate is a row of the table certificates: one distinct certificate.
// All but SHA256 and DER are read from DER and may be empty with ParseError set.
type Certificate struct {
	SHA256             []byte       `parquet:"sha256"`
	SPKISHA256         []byte       `parquet:"spki_sha256,optional"`
	DER                []byte       `parquet:"der"`
	Subject            string       `parquet:"subject,optional"`
	Issuer             string       `parquet:"issuer,optional"`
	Names              []string     `parquet:"names,list"`
	NotBefore          *time.Time   `parquet:"not_before,optional,timestamp(microsecond)"`
	NotAfter           *time.Time   `parquet:"not_after,optional,timestamp(microsecond)"`
	Serial             string       `parquet:"serial,optional"`
	KeyAlgorithm       KeyAlgorithm `parquet:"key_algorithm,optional,dict"`
	KeyBits            *int32       `parquet:"key_bits,optional"`
	SignatureAlgorithm string       `parquet:"signature_algorithm,optional,dict"`
	IsCA               *bool        `parquet:"is_ca,optional"`
	SelfSigned         *bool        `parquet:"self_signed,optional"`
	ParseError         string       `parquet:"parse_error,optional"`
}
