package run

import (
	"fmt"
	"time"
)

// sampleTime is the moment at which sample rows were seen.
var sampleTime = time.Date(2026, 11, 21, 12, 0, 0, 123456000, time.UTC)

func ptr[T any](v T) *T { return &v }

// sampleLookup is a lookup with every column set.
func sampleLookup() Lookup {
	return Lookup{
		Outcome: Found, Rcode: ptr(int32(0)), DNSSEC: Secure, Reason: "ok", EDE: ptr(int32(22)), TTL: ptr(int64(300)),
		Server: "127.0.0.53:53", Chain: []Alias{{"www.example.org", "web.example.org", Secure}, {"web.example.org", "a.example.net", Insecure}},
		Signer: "example.org", KeyTag: ptr(int32(12345)), Algorithm: ptr(int32(13)), RRSIGExpires: ptr(sampleTime.Add(time.Hour)),
		Denial: "nsec3", NSEC3Iterations: ptr(int32(0)), Wildcard: ptr(false), Size: ptr(int32(512)),
	}
}

// The full rows have every column set, the empty ones none that may be null. Those
// of each version stand in testdata/schema and stay as they are; the full rows of
// today are made from them.

func fullDomain(line int64) Domain { return domainV3(line) }

func fullHost(name string) Host { return hostV2(name) }

func fullEndpoint(base string, attempt int32) Endpoint { return endpointV1(base, attempt) }

func fullCertificate(id byte) Certificate { return certificateV1(id) }

func domainV3(line int64) Domain {
	d := domainV2(line)
	d.Attempts = 2
	d.FirstLook = &FirstLook{
		ScannedAt: sampleTime, Type: "AAAA", Outcome: ServFail, Rcode: ptr(int32(2)), DNSSEC: Indeterminate, Reason: "servfail",
		EDE: ptr(int32(22)), Server: "127.0.0.53:53",
	}
	return d
}

func domainV2(line int64) Domain {
	d := domainV1(line)
	d.MTASTS.State, d.MTASTS.Reason, d.MTASTS.ID = RecordValid, "syntax", "1"
	d.TLSRPT.State, d.TLSRPT.Reason, d.TLSRPT.RUA = RecordInvalid, "rua", []string{"mailto:a@example.org", "https://example.org/"}
	d.CrossCheck = sampleCross(d.Domain)
	return d
}

func hostV2(name string) Host {
	h := hostV1(name)
	h.CrossCheck = sampleCross(name)
	return h
}

func sampleCross(name string) []CrossCheck {
	return []CrossCheck{
		{name, "A", CrossStatus, Secure, Insecure, "ours: found; theirs: nodata", 3},
		{name, "AAAA", CrossNotAsked, Secure, "", "", 0},
	}
}

func sampleChecks() *CrossChecks {
	return &CrossChecks{
		Resolvers: []string{"127.0.0.53:53"}, Share: "1%", Questions: 9, Queries: 11,
		Counts:        []CrossCount{{"MX", CrossStatus, Secure, Insecure, 1}},
		Disagreements: []CrossDisagree{{"a.example", "MX", CrossStatus, Secure, Insecure, "ours: found; theirs: nodata"}},
	}
}

func domainV1(line int64) Domain {
	l := sampleLookup()
	return Domain{
		DomainEvidence{
			Line: line, Rank: line, Domain: fmt.Sprintf("d%d.example.org", line), Unicode: "dé.example.org", TLD: "org",
			Registrable: "example.org", Group: "registrar-1", ScannedAt: sampleTime, Zone: "example.org", ZoneDNSSEC: Secure,
			DNSKEYAlgorithms: []int32{8, 13}, DS: []DS{{12345, 13, 2}}, NS: []string{"ns1.example.net", "ns2.example.net"},
			SOARname: "hostmaster.example.org", MXKind: MXFound, MXLookup: &l, MXDNSSEC: Secure, FallbackA: &l, FallbackAAAA: &l,
			MX:             []MX{{10, "mx1.example.net", Verified, "", false}, {20, "mx2.example.net", Mismatch, ReasonExpired, true}},
			NullPreference: ptr(int32(0)),
			MTASTS:         &MTASTS{Record: "v=STSv1; id=1;", Lookup: &l}, TLSRPT: &TLSRPT{Record: "v=TLSRPTv1; rua=mailto:a@example.org", Lookup: &l}, Queries: 7, ElapsedMS: 35,
		},
		DomainVerdict{
			Verdict: DANEFailed, MXSecure: true, PrimaryVerified: true, HostsTotal: 2, HostsWithTLSA: 2, HostsVerified: 1, HostsFailed: 1,
			HostsUnknown: 3, PolicyMay: PolicyEncrypted, PolicyDANE: PolicyVerified, PolicyDANEOnly: PolicyDeferred,
			Findings: []Finding{{"rollover-none", "3 1 1"}, {"mx-insecure", ""}}, Provider: "example.net", SelfHosted: ptr(false), DNSOperator: "example.net",
		},
	}
}

func emptyDomain(line int64) Domain {
	return Domain{
		DomainEvidence{
			Line: line, Domain: fmt.Sprintf("d%d.example.org", line), TLD: "org", ScannedAt: sampleTime,
		},
		DomainVerdict{},
	}
}

func hostV1(name string) Host {
	l := sampleLookup()
	return Host{
		HostEvidence{
			Host: name, ScannedAt: sampleTime, A: &l, AAAA: &l, AddressZoneDNSSEC: Secure, Addresses: []string{"192.0.2.1", "2001:db8::1"},
			AliasLookup: &l, TLSACandidates: []TLSACandidate{{name, "_25._tcp." + name, l, sampleTime}}, ENT: &ENT{"_tcp." + name, l},
			TLSA: []TLSA{
				{3, 1, 1, []byte{1, 2}, []byte{3, 1, 1, 1, 2}, ptr(true), "", ptr(false), ptr(int32(0))},
				{2, 0, 1, []byte{}, []byte{2, 0, 1}, ptr(false), "length", nil, nil},
			},
		},
		HostVerdict{
			Provider: "example.net", TLSAState: TLSAUsable, TLSABase: name, Verdict: Mixed, Reason: ReasonAddresses, Inferred: true,
			AddressesTotal: 2, AddressesVerified: 1, AddressesFailed: 1, AlgorithmsIncomplete: ptr(false), Rollover: "none",
			AgilityDependent: ptr(true), CombinationsUncovered: []string{"2 0 1"}, TLSRPTResult: "tlsa-invalid",
			Findings: []Finding{{"mismatch", "192.0.2.1"}}, Domains: 12,
		},
	}
}

func emptyHost(name string) Host {
	return Host{
		HostEvidence{Host: name, ScannedAt: sampleTime},
		HostVerdict{},
	}
}

func endpointV1(base string, attempt int32) Endpoint {
	return Endpoint{
		EndpointEvidence{
			Host: "mx." + base, Base: base, Address: "192.0.2.1", Port: 25, Algorithm: KeyECDSA, Attempt: attempt, ScannedAt: sampleTime,
			TLSAAgeMS: ptr(int64(900)), NotTried: ReasonExcluded, Inferred: true, Connected: true, GreetingCode: ptr(int32(220)),
			Greeting: []byte("220 \xff\x00 hi"), EHLOCode: ptr(int32(250)), HELOCode: ptr(int32(250)), Extensions: []string{"SIZE 1000", "STARTTLS"},
			STARTTLS: ptr(true), STARTTLSCode: ptr(int32(220)), Injected: []byte("EHLO"), Stage: StageDone, Failure: "alert", HandshakeComplete: true,
			TLSVersion: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", KeyExchange: "X25519", TLSAlert: ptr(int32(40)), AlertFrom: "server",
			CertificateSeenBeforeAlert: ptr(false), ClientCertRequested: ptr(false), PossessionVerified: ptr(true), Stack: "go",
			Chain: [][]byte{{1, 2, 3}, {4, 5, 6}}, Tries: []Try{{sampleTime, StageGreeting, ptr(int32(421))}, {sampleTime, StageConnect, nil}},
			ConnectMS: ptr(int64(1)), TLSMS: ptr(int64(2)), TotalMS: ptr(int64(3)),
		},
		EndpointVerdict{
			Verdict: Mismatch, Reason: ReasonName, MatchedUsage: ptr(int32(2)), MatchedSelector: ptr(int32(0)), MatchedType: ptr(int32(1)),
			MatchedDepth: ptr(int32(1)), PathOK: ptr(true), NameMatched: base, NamesSeen: []string{"a.example", "b.example"}, PKIXValid: ptr(false),
			TLSRPTResult: "certificate-host-mismatch",
		},
	}
}

func emptyEndpoint(base string, attempt int32) Endpoint {
	return Endpoint{
		EndpointEvidence{Host: base, Base: base, Address: "192.0.2.1", Port: 25, Attempt: attempt, ScannedAt: sampleTime},
		EndpointVerdict{},
	}
}

func certificateV1(id byte) Certificate {
	return Certificate{
		SHA256: []byte{id, 1}, SPKISHA256: []byte{2}, DER: []byte{0x30, 0}, Subject: "CN=a", Issuer: "CN=b", Names: []string{"a.example"},
		NotBefore: ptr(sampleTime), NotAfter: ptr(sampleTime.Add(time.Hour)), Serial: "01ff", KeyAlgorithm: KeyRSA, KeyBits: ptr(int32(2048)),
		SignatureAlgorithm: "SHA256-RSA", IsCA: ptr(false), SelfSigned: ptr(true), ParseError: "odd",
	}
}

func emptyCertificate(id byte) Certificate {
	return Certificate{SHA256: []byte{id, 1}, DER: []byte{1}}
}

// usualDomain is a domain as most are: some mail host, no trouble.
func usualDomain(line int64) Domain {
	d := emptyDomain(line)
	d.Rank, d.Registrable, d.Zone, d.ZoneDNSSEC = line, d.Domain, d.Domain, Insecure
	d.NS, d.SOARname = []string{"ns1.dns.example", "ns2.dns.example"}, "hostmaster.dns.example"
	d.MXKind, d.MXDNSSEC = MXFound, Insecure
	d.MXLookup = &Lookup{Outcome: Found, Rcode: ptr(int32(0)), DNSSEC: Insecure, TTL: ptr(int64(3600)), Server: "127.0.0.53:53", Size: ptr(int32(120))}
	d.MX = []MX{{10, fmt.Sprintf("mx%d.mail.example", line%100), None, "", false}, {20, "backup.mail.example", None, "", false}}
	d.Verdict, d.HostsTotal, d.PolicyMay, d.PolicyDANE = NotDANE, 2, PolicyOpportunistic, PolicyOpportunistic
	d.Provider, d.SelfHosted, d.DNSOperator, d.Queries, d.ElapsedMS = "mail.example", ptr(false), "dns.example", 5, line%500
	return d
}

func usualDomains(n int) []Domain {
	rows := make([]Domain, n)
	for i := range rows {
		rows[i] = usualDomain(int64(i + 1))
		if i%20 == 0 {
			rows[i] = fullDomain(int64(i + 1))
		}
	}
	return rows
}
