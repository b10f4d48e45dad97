"""Everything that is stored, as a folder: taken while servers run, restored where nothing is.

Tables are copied in Postgres's binary form in one snapshot, by this program's own driver: no
program of Postgres is needed, nor one version of it. The schema is made anew by migrations. Blobs
are kept once for each content. `manifest.json` lists what there is, with a checksum for each part.
"""
