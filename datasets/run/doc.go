// Package run reads and writes a run directory: the tables of one scan as
// Parquet parts, and the manifest that says who made them, when and how.
//
//	RUN/manifest.json    Manifest: enough to cite the run and to repeat it
//	RUN/datapackage.json the same for tools that know Frictionless Data Packages
//	RUN/domains/...      the four final tables, each sorted by its key
//	RUN/hosts/...
//	RUN/endpoints/...
//	RUN/certificates/...
//	RUN/spool/...        evidence of an unfinished run, see Spool
//	RUN/finish/...       final tables on their way in, see Final
//
// A run begins with Create, which leaves a manifest and an empty spool. While
// it lasts, Spool takes evidence in parts; a part is there whole or not at all,
// so a part that is there is the checkpoint. At the end Final takes the judged
// rows and swaps them in. Open gives the tables of a run as streams that need
// little memory however long the table.
//
// What is read back is checked: that a part is whole, that it belongs to this
// run, that this program knows its version. A part that fails is named by a
// PartError and no other part suffers.
package run
