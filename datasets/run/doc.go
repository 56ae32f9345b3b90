// Package run reads and writes a run directory: the tables of one scan as
// Parquet parts, and the manifest that says who made them, when and how.
package run
