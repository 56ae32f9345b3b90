package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"

	"danescan/scanner"
)

// Bounds of the server: one Prometheus asks it every few seconds.
const (
	metricsConnections = 16
	metricsAtOnce      = 4
	metricsHeader      = 8 << 10
	metricsTimeout     = 10 * time.Second
	metricsFarewell    = 500 * time.Millisecond
)

// metricsAddress reads the address of --metrics. A port alone is one of loopback:
// whoever wants to be asked from elsewhere says so in full.
func metricsAddress(text string) (netip.AddrPort, error) {
	port, err := strconv.ParseUint(strings.TrimPrefix(text, ":"), 10, 16)
	if err == nil {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)), nil
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return at, &usageError{text: fmt.Sprintf("--metrics=%s: want a port such as 9100, which is one of loopback, or ADDR:PORT in full", text)}
	}
	return at, nil
}

// serveMetrics serves the figures of a scan at an address until the returned
// function is called.
func serveMetrics(e *env, text string, p *scanner.Progress) (stop func(), err error) {
	at, err := metricsAddress(text)
	if err != nil {
		return nil, err
	}
	registry, err := newRegistry(p)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", at.String())
	if err != nil {
		return nil, fmt.Errorf("--metrics: %w: choose another address", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: metricsAtOnce, Timeout: metricsTimeout}))
	server := &http.Server{
		Handler: mux, MaxHeaderBytes: metricsHeader,
		ReadTimeout: metricsTimeout, WriteTimeout: 2 * metricsTimeout, IdleTimeout: 6 * metricsTimeout,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // what clients do wrong is theirs to know
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Serve(netutil.LimitListener(listener, metricsConnections)) // always an error: that it was closed
	}()
	e.metricsAt("http://" + listener.Addr().String() + "/metrics")
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), metricsFarewell)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			server.Close()
		}
		<-ended
	}, nil
}

// metricsAt says where the metrics are: the port may be one that was drawn.
func (e *env) metricsAt(url string) {
	if e.json {
		writeRecord(e.stderr, slog.LevelInfo, "metrics", slog.String("url", url))
		return
	}
	fmt.Fprintf(e.stderr, "Metrics are at %s\n", url)
}

// newRegistry is a registry of its own: nothing global is touched.
func newRegistry(p *scanner.Progress) (*prometheus.Registry, error) {
	r := prometheus.NewRegistry()
	return r, errors.Join(
		r.Register(newFigures(p)),
		r.Register(collectors.NewGoCollector()),
		r.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})),
	)
}

// figures are the figures of a scan, read when they are asked for: the scan itself
// only counts.
type figures struct {
	progress *scanner.Progress
	metrics  []scanner.Metric
	descs    []*prometheus.Desc // of the metrics, in their order
}

func newFigures(p *scanner.Progress) *figures {
	f := &figures{progress: p, metrics: scanner.Metrics()}
	for _, m := range f.metrics {
		var labels []string
		if m.Label != "" {
			labels = []string{m.Label}
		}
		f.descs = append(f.descs, prometheus.NewDesc(scanner.MetricPrefix+m.Name, m.Help, labels, nil))
	}
	return f
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range f.descs {
		out <- desc
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	for i, m := range f.metrics {
		desc := f.descs[i]
		if m.Kind == scanner.Histogram {
			out <- spreadMetric(desc, m.Spread(f.progress))
			continue
		}
		kind := prometheus.CounterValue
		if m.Kind == scanner.Gauge {
			kind = prometheus.GaugeValue
		}
		for _, sample := range m.Read(f.progress) {
			var labels []string
			if m.Label != "" {
				labels = []string{sample.Label}
			}
			metric, err := prometheus.NewConstMetric(desc, kind, float64(sample.Value), labels...)
			if err != nil {
				metric = prometheus.NewInvalidMetric(desc, err)
			}
			out <- metric
		}
	}
}

// spreadMetric is a histogram as Prometheus has it.
func spreadMetric(desc *prometheus.Desc, s scanner.Spread) prometheus.Metric {
	buckets := make(map[float64]uint64, len(s.Upto))
	for i, bound := range s.Upto {
		buckets[bound] = uint64(s.Below[i])
	}
	metric, err := prometheus.NewConstHistogram(desc, uint64(s.Count), s.Sum, buckets)
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return metric
}
