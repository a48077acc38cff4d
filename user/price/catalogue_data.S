/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in catalogue, as it is in the source tree. */
	.section .rodata
	.global price_catalogue
	.global price_catalogue_len
price_catalogue:
	.incbin "user/price/catalogue.tsv"
.Lend:
	.balign 8
price_catalogue_len:
	.quad .Lend - price_catalogue
	.section .note.GNU-stack, "", %progbits
