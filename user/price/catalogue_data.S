/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in catalogue, as it is in the source tree. */
	.section .rodata
	.global price_catalogue
	.global price_catalogue_end
price_catalogue:
	.incbin "user/price/catalogue.tsv"
price_catalogue_end:
	.section .note.GNU-stack, "", %progbits
