"""The style of a printed report: one sheet of A4, then its annexes. No scripts, images or fonts are loaded."""

STYLE = """
@page { size: A4; margin: 12mm 14mm 13mm 14mm;
  @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; } }
:root { color-scheme: light; }
body { font-family: "Hiragino Sans", "Hiragino Kaku Gothic ProN", "BIZ UDPGothic", "Yu Gothic", "Meiryo",
  "Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", sans-serif; font-size: 8.5pt; line-height: 1.35;
  color: #111; background: #fff; max-width: 182mm; margin: 8mm auto; padding: 0 4mm; }
header { display: flex; justify-content: space-between; align-items: flex-start; border-bottom: 2px solid #111;
  padding-bottom: 1.5mm; margin-bottom: 2mm; min-height: 20mm; }
header div { flex: 1; } h1 { font-size: 15pt; margin: 0 0 2mm 0; }
h2 { font-size: 9.5pt; line-height: 1.3; border-left: 3px solid #345; padding-left: 2mm; margin: 2.4mm 0 0.9mm 0; }
h3 { font-size: 9pt; margin: 2.5mm 0 1mm 0; }
h1, h2, h3, caption { break-after: avoid; page-break-after: avoid; }
table { border-collapse: collapse; width: 100%; margin: 0 0 0.7mm 0; }
table.fixed { table-layout: fixed; }
caption { text-align: left; font-weight: bold; padding: 1mm 0; }
th, td { border: 1px solid #999; padding: 0.35mm 1.2mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-wrap; }
th { background: #eee; font-weight: bold; }
td.right, th.right { text-align: right; } td.short, th.short { white-space: nowrap; }
thead { display: table-header-group; }
tr, blockquote, li, section.whole { break-inside: avoid; page-break-inside: avoid; }
table.facts { table-layout: fixed; } table.facts th { white-space: nowrap; width: 13%; }
table.facts td { width: 37%; }
table.seals { width: auto; margin: 0; } table.seals th { text-align: center; width: 17mm; padding: 0.3mm; }
table.seals td { height: 15mm; } table.seals th.name { width: 5mm; writing-mode: vertical-rl; letter-spacing: 1mm; }
p { white-space: pre-wrap; margin: 0.6mm 0; } ul { margin: 0.6mm 0; padding-left: 5mm; }
blockquote { margin: 0.7mm 0; padding: 0 2mm; border-left: 3px solid #999; white-space: pre-wrap; }
footer { margin-top: 3mm; border-top: 1px solid #999; font-size: 7.5pt; color: #444; }
.verdict { font-size: 12pt; font-weight: bold; padding: 0.5mm 3mm; border: 2px solid #111; display: inline-block;
  margin: 0; }
.summary { margin: 0 0 1.6mm 0; } .summary th, .summary td { font-size: 9.5pt; border-color: #345; }
.summary td { font-weight: bold; word-break: keep-all; }
.summary table.facts th { width: 11%; } .summary table.facts td { width: 28%; }
.summary table.facts td:nth-child(2) { width: 50%; }
.attention { background: #fff6d6; } .abnormal { background: #fde0dd; }
.unknown { background: #e9e6f5; }
.annex { margin-top: 5mm; } .annexes { break-before: page; page-break-before: always; }
@media screen { .annexes { border-top: 1px dashed #999; margin-top: 10mm; } }
@media print { body { margin: 0; padding: 0; max-width: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""
