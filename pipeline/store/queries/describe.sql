SELECT
    tables.database AS database,
    tables.name AS table,
    tables.comment AS table_comment,
    tables.engine AS engine,
    tables.partition_key AS partition_key,
    tables.sorting_key AS sorting_key,
    arraySort(
        each -> each.1,
        groupArrayIf((columns.position, columns.name, columns.type, columns.comment), columns.name != '')
    ) AS described
FROM system.tables AS tables
LEFT JOIN system.columns AS columns ON tables.database = columns.database AND tables.name = columns.table
WHERE tables.database IN ('cx', 'cx_store') AND tables.name != 'schema_versions'
GROUP BY database, table, table_comment, engine, partition_key, sorting_key
ORDER BY database, table
