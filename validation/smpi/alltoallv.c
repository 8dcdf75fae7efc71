// SPDX-License-Identifier: Apache-2.0
/* One MPI_Alltoallv of the bytes in a matrix file, for SMPI: rank 0 prints the simulated seconds that it takes.
 *   smpirun ... alltoallv MATRIX        MATRIX as nccl-tests' alltoallv_perf reads it: bytes, row = source
 * Which algorithm carries it out is SMPI's setting smpi/alltoallv.
 *
 * Only for simulation: all messages of a rank lie in one buffer, at displacement 0. SMPI does not even copy what was allocated by
 * SMPI_SHARED_MALLOC, and 32 ranks with megabytes for each other would need gigabytes otherwise. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char* path, const char* what)
{
    fprintf(stderr, "%s: error: %s\n", path, what);
    MPI_Abort(MPI_COMM_WORLD, 3);
    exit(3);
}

int main(int argc, char** argv)
{
    int rank, ranks;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (argc != 2)
        fail("alltoallv", "expected one argument, the matrix");

    int* out = calloc((size_t)ranks, sizeof *out); /* bytes to each rank */
    int* in = calloc((size_t)ranks, sizeof *in);   /* bytes from each rank */
    int* displacements = calloc((size_t)ranks, sizeof *displacements);
    FILE* file = fopen(argv[1], "r");
    if (!file)
        fail(argv[1], "cannot be opened");
    int largest = 1, bytes;
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination) {
            if (fscanf(file, "%d", &bytes) != 1 || bytes < 0)
                fail(argv[1], "expected as many rows and columns of bytes as there are ranks");
            if (source == rank)
                out[destination] = bytes;
            if (destination == rank)
                in[source] = bytes;
            if (bytes > largest)
                largest = bytes;
        }
    if (fscanf(file, "%d", &bytes) != EOF)
        fail(argv[1], "found more than a row and a column for each rank");
    fclose(file);
    char* buffer = SMPI_SHARED_MALLOC((size_t)largest);

    /* No barrier: MPI_Init lets all ranks go at the same simulated time, and reading costs none. */
    double start = MPI_Wtime();
    MPI_Alltoallv(buffer, out, displacements, MPI_BYTE, buffer, in, displacements, MPI_BYTE, MPI_COMM_WORLD);
    double end = MPI_Wtime();

    double first_start, last_end;
    MPI_Reduce(&start, &first_start, 1, MPI_DOUBLE, MPI_MIN, 0, MPI_COMM_WORLD);
    MPI_Reduce(&end, &last_end, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    if (rank == 0)
        printf("makespan %.15g s\n", last_end - first_start);

    SMPI_SHARED_FREE(buffer);
    free(out);
    free(in);
    free(displacements);
    MPI_Finalize();
    return 0;
}
